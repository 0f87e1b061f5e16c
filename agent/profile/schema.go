package profile

import (
	"regexp"
	"time"

	"ninewatch/internal/conf"
)

// Profile is one file. The first group of keys is that of Datadog and Kentik, the second is ours.
type Profile struct {
	Name        string              `yaml:"name"`
	Description string              `yaml:"description"`
	SysObjectID Words               `yaml:"sysobjectid"`
	Extends     Words               `yaml:"extends"`
	Metadata    map[string]Resource `yaml:"metadata"`
	MetricTags  []Tag               `yaml:"metric_tags"`
	StaticTags  []string            `yaml:"static_tags"`
	Metrics     []Metric            `yaml:"metrics"`
	Device      struct {
		Vendor string `yaml:"vendor"`
	} `yaml:"device"`
	Version          uint64            `yaml:"version"`
	Provider         string            `yaml:"provider"`
	From             string            `yaml:"from"`
	Matches          map[string]string `yaml:"matches"`
	MatchesList      []Match           `yaml:"matches_list"`
	NoUseBulkWalkAll bool              `yaml:"no_use_bulkwalkall"`
	SysMap           map[string]string `yaml:"sysmap"`

	When       Conditions        `yaml:"when"`
	Without    Words             `yaml:"without"`
	States     map[string]States `yaml:"states"`
	Identity   Identity          `yaml:"identity"`
	Processors []Processor       `yaml:"processors"`
	Memory     []Capacity        `yaml:"memory"`
	Storage    []Capacity        `yaml:"storage"`
	Sensors    []Sensor          `yaml:"sensors"`

	doc conf.Document // for places of mistakes that show only later
}

// Match sends devices whose sysDescr matches Regex to another profile (Kentik).
type Match struct {
	Regex  string `yaml:"regex"`
	Target string `yaml:"target"`
}

// Conditions say whether a row counts, or whether a profile is for this device. All have to hold.
type Conditions []Condition

// MayBeOne makes a single condition a list.
func (Conditions) MayBeOne() {}

// Condition is a source and what its value has to be. Without a test the value has to be there.
type Condition struct {
	Column   string   `yaml:"column"`
	OID      string   `yaml:"OID"`
	Text     string   `yaml:"text"`
	At       string   `yaml:"at"`
	Sum      string   `yaml:"sum"`   // of a whole column, as in a Source
	Under    string   `yaml:"under"` // the device has something below this OID
	Is       Words    `yaml:"is"`
	Not      Words    `yaml:"not"`
	Matches  string   `yaml:"matches"`
	Unlike   string   `yaml:"unlike"`
	Above    *float64 `yaml:"above"`
	Below    *float64 `yaml:"below"`
	Absent   bool     `yaml:"absent"`   // it has to be absent
	Optional bool     `yaml:"optional"` // it may be absent too

	matches, unlike *regexp.Regexp // Matches and Unlike, once the file is read
}

// Identity is what the device is: for each field sources, of which the first that has a value counts.
type Identity struct {
	Vendor  Facts `yaml:"vendor"`
	OS      Facts `yaml:"os"`
	Model   Facts `yaml:"model"`
	Version Facts `yaml:"version"`
	Serial  Facts `yaml:"serial"`
}

// Facts are the sources of one field.
type Facts []Fact

// MayBeOne makes a single source a list.
func (Facts) MayBeOne() {}

// Processor is where the load of processors is read.
type Processor struct {
	ID        string            `yaml:"id"`
	MIB       string            `yaml:"MIB"`
	Table     string            `yaml:"table"` // OID of the entry: columns are numbers below it
	Rows      string            `yaml:"rows"`  // the column whose rows count; without: that of the value
	Columns   map[string]Source `yaml:"columns"`
	Where     Conditions        `yaml:"where"`
	Unless    Words             `yaml:"unless"`
	InsteadOf Words             `yaml:"instead_of"`
	Interval  time.Duration     `yaml:"interval"`
	Name      Words             `yaml:"name"`
	Usage     Source            `yaml:"usage"` // percent
	Idle      Source            `yaml:"idle"`  // percent, where the device tells the rest
}

// Capacity is where memory or storage is read: two of total, used and free, or a percentage.
type Capacity struct {
	ID        string            `yaml:"id"`
	MIB       string            `yaml:"MIB"`
	Table     string            `yaml:"table"` // OID of the entry: columns are numbers below it
	Rows      string            `yaml:"rows"`  // the column whose rows count; without: that of the value
	Columns   map[string]Source `yaml:"columns"`
	Where     Conditions        `yaml:"where"`
	Unless    Words             `yaml:"unless"`
	InsteadOf Words             `yaml:"instead_of"`
	Interval  time.Duration     `yaml:"interval"`
	Name      Words             `yaml:"name"`
	Total     Source            `yaml:"total"`
	Used      Source            `yaml:"used"`
	Free      Source            `yaml:"free"`
	Percent   Source            `yaml:"percent"`
	Bytes     Factor            `yaml:"bytes"` // what one unit of total, used and free is
}

// Sensor is where values of a class are read. Each holds further sensors of the same rows, which take
// from this one what they do not say themselves.
type Sensor struct {
	ID           string            `yaml:"id"`
	MIB          string            `yaml:"MIB"`
	Table        string            `yaml:"table"`
	Rows         string            `yaml:"rows"`
	Columns      map[string]Source `yaml:"columns"`
	Where        Conditions        `yaml:"where"`
	Unless       Words             `yaml:"unless"`
	InsteadOf    Words             `yaml:"instead_of"`
	Interval     time.Duration     `yaml:"interval"`
	Name         Words             `yaml:"name"`
	Class        Word              `yaml:"class"`
	Unit         Word              `yaml:"unit"`
	Value        Source            `yaml:"value"`
	States       States            `yaml:"states"`
	Status       Source            `yaml:"status"`
	WarningHigh  Factor            `yaml:"warning_high"`
	CriticalHigh Factor            `yaml:"critical_high"`
	WarningLow   Factor            `yaml:"warning_low"`
	CriticalLow  Factor            `yaml:"critical_low"`
	Part         Word              `yaml:"part"` // power_supply or fan
	Each         []Sensor          `yaml:"each"`
}
