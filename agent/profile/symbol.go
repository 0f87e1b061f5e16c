package profile

import "time"

// Metric is an entry of metrics: a scalar (symbol) or columns of a table (symbols), in the shape of
// Datadog and Kentik.
type Metric struct {
	MIB         string        `yaml:"MIB"`
	Table       Symbol        `yaml:"table"`
	Symbol      Symbol        `yaml:"symbol"`
	Symbols     []Symbol      `yaml:"symbols"`
	OID         string        `yaml:"OID"`
	Name        string        `yaml:"name"`
	MetricTags  []Tag         `yaml:"metric_tags"`
	StaticTags  []string      `yaml:"static_tags"`
	MetricType  string        `yaml:"metric_type"`
	ForcedType  string        `yaml:"forced_type"`
	Options     Options       `yaml:"options"`
	IsInterface bool          `yaml:"is_interface"`
	WalkAll     bool          `yaml:"walk_full_table"`
	Interval    time.Duration `yaml:"interval"`
}

// Options belong to the metric type flag_stream.
type Options struct {
	Placement    uint   `yaml:"placement"`
	MetricSuffix string `yaml:"metric_suffix"`
}

// Symbol is one object. As one text it is its name.
type Symbol struct {
	OID              string           `yaml:"OID"`
	Name             string           `yaml:"name"`
	ExtractValue     string           `yaml:"extract_value"`
	MatchPattern     string           `yaml:"match_pattern"`
	MatchValue       string           `yaml:"match_value"`
	ScaleFactor      float64          `yaml:"scale_factor"`
	Format           string           `yaml:"format"`
	ConstantValueOne bool             `yaml:"constant_value_one"`
	MetricType       string           `yaml:"metric_type"`
	Enum             map[string]int64 `yaml:"enum"`
	Conversion       string           `yaml:"conversion"`
	PollTimeSec      uint             `yaml:"poll_time_sec"`
	Interval         time.Duration    `yaml:"interval"`
	Tag              string           `yaml:"tag"`
	Description      string           `yaml:"description"`
	MatchAttributes  []string         `yaml:"match_attributes"`
	AllowDuplicate   bool             `yaml:"allow_duplicate"`
	Condition        string           `yaml:"condition"`
	Script           string           `yaml:"script"`
	WalkFullTable    bool             `yaml:"walk_full_table"`
}

// FromText reads the short form.
func (s *Symbol) FromText(text string) error {
	s.Name = text
	return nil
}

// Tag is an entry of metric_tags. As one text it is a fixed tag, "NAME:VALUE".
type Tag struct {
	Tag            string            `yaml:"tag"`
	Name           string            `yaml:"name"`
	Index          uint              `yaml:"index"`
	Column         Symbol            `yaml:"column"`
	Symbol         Symbol            `yaml:"symbol"`
	OID            string            `yaml:"OID"`
	MIB            string            `yaml:"MIB"`
	Table          Symbol            `yaml:"table"`
	IndexTransform []Transform       `yaml:"index_transform"`
	Mapping        map[string]string `yaml:"mapping"`
	Match          string            `yaml:"match"`
	Tags           map[string]string `yaml:"tags"`
	Conversion     string            `yaml:"conversion"`

	fixed string
}

// FromText reads the short form.
func (t *Tag) FromText(text string) error {
	t.fixed = text
	return nil
}

// Transform takes the sub-identifiers Start to End (counted from 0, both included) of an index.
type Transform struct {
	Start     uint `yaml:"start"`
	End       uint `yaml:"end"`
	DropRight uint `yaml:"drop_right"`
}

// Resource is an entry of metadata: device has scalars, the others are read elsewhere.
type Resource struct {
	Fields map[string]Field `yaml:"fields"`
	IDTags []Tag            `yaml:"id_tags"`
}

// Field is one field of a Resource: a value, or the first of its symbols that has one.
type Field struct {
	Value   string   `yaml:"value"`
	Symbol  Symbol   `yaml:"symbol"`
	Symbols []Symbol `yaml:"symbols"`
}
