package api

import (
	"maps"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/validation"

	"ninewatch/internal/conf"
)

// hint says what would be right in place of a property of a body that there is not; empty: nothing is known of it.
func hint(ctx huma.Context, registry huma.Registry, d *huma.ErrorDetail) string {
	body := ctx.Operation().RequestBody
	if d.Message != validation.MsgUnexpectedProperty || body == nil || body.Content["application/json"] == nil {
		return ""
	}
	path := strings.Split(d.Location, ".")
	schema := resolved(registry, body.Content["application/json"].Schema)
	for _, part := range path[1 : len(path)-1] { // after "body"
		name, inside, _ := strings.Cut(part, "[")
		if schema == nil {
			return ""
		}
		schema = resolved(registry, schema.Properties[name])
		for range strings.Count(inside, "]") {
			if schema != nil {
				schema = resolved(registry, schema.Items)
			}
		}
	}
	if schema == nil || len(schema.Properties) == 0 {
		return ""
	}
	names := slices.Sorted(maps.Keys(schema.Properties))
	if near := conf.Nearest(path[len(path)-1], names); near != "" {
		return ", did you mean " + near + "?"
	}
	return ", there are " + strings.Join(names, ", ")
}

func resolved(registry huma.Registry, s *huma.Schema) *huma.Schema {
	if s != nil && s.Ref != "" {
		return registry.SchemaFromRef(s.Ref)
	}
	return s
}
