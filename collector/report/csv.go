package report

import (
	"encoding/csv"
	"fmt"
	"io"
	"strings"
)

// CSV writes the tables of d, each below a line with its title; of one section with its key alone.
func (d Document) CSV(w io.Writer, section string) error {
	out := csv.NewWriter(w)
	found := false
	for _, s := range d.Sections {
		if s.Table == nil || (section != "" && section != s.Key) {
			continue
		}
		if section == "" {
			if found {
				out.Write(nil) //nolint:errcheck // told by Error below
			}
			out.Write([]string{"# " + s.Title}) //nolint:errcheck
		}
		found = true
		writeTable(out, *s.Table)
	}
	if !found {
		return fmt.Errorf("the report has no table %q, it has %s", section, strings.Join(d.tables(), ", "))
	}
	out.Flush()
	return out.Error()
}

func (d Document) tables() (keys []string) {
	for _, s := range d.Sections {
		if s.Table != nil {
			keys = append(keys, s.Key)
		}
	}
	return keys
}

func writeTable(out *csv.Writer, t Table) {
	line := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		line[i] = c.Key
	}
	out.Write(line) //nolint:errcheck // told by Error at the end
	for _, row := range t.Rows {
		for i, c := range row {
			line[i] = csvText(c)
		}
		out.Write(line) //nolint:errcheck
	}
}

// csvText is a cell for a spreadsheet. Text that a spreadsheet would take for a formula gets an apostrophe.
func csvText(c Cell) string {
	switch v := c.Value.(type) {
	case nil:
		return ""
	case string:
		if v != "" && strings.ContainsRune("=+-@\t\r", rune(v[0])) && !isNumber(v) {
			return "'" + v
		}
		return v
	default:
		return fmt.Sprint(v)
	}
}

func isNumber(s string) bool {
	s = strings.TrimPrefix(s, "-")
	return s != "" && strings.Trim(s, "0123456789.") == ""
}
