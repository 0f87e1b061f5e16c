package report

// Document is one report. Its JSON is what is signed, so a field keeps its name and meaning.
type Document struct {
	Kind        string    `json:"kind"` // sla, capacity, redundancy, inventory
	Title       string    `json:"title"`
	Eyebrow     string    `json:"eyebrow"` // what, of when, which revision
	Scope       string    `json:"scope"`   // site:lisbon, company, …
	Period      Period    `json:"period"`
	GeneratedAt string    `json:"generated_at"` // RFC 3339
	AsOf        string    `json:"as_of"`        // all agents of the scope had told all up to here
	Revision    int       `json:"revision"`
	Demo        bool      `json:"demo,omitempty"` // of a simulated network
	Answer      []Span    `json:"answer"`         // the first sentence, in words
	Figures     []Figure  `json:"figures"`
	Sections    []Section `json:"sections"`
	Method      []Fact    `json:"method"` // how it was counted
}

// Period is what a report is about: half-open, in a zone.
type Period struct {
	Name    string `json:"name"` // 2026-10, 2026-Q3, or empty
	From    string `json:"from"` // RFC 3339
	To      string `json:"to"`
	Zone    string `json:"zone"` // IANA
	Seconds int64  `json:"seconds"`
}

// Tone says how a thing is drawn: what it means, not its colour.
type Tone string

const (
	Plain    Tone = ""
	Strong   Tone = "strong"
	Mute     Tone = "mute"
	Good     Tone = "good"
	Bad      Tone = "bad"
	Warn     Tone = "warn"
	Risk     Tone = "risk"
	Unknown  Tone = "unknown"
	Planned  Tone = "planned"
	Outside  Tone = "outside"
	Quiet    Tone = "quiet" // good and not worth a glance
	Accent   Tone = "accent"
	Unreach  Tone = "unreach"
	Expected Tone = "expected" // a forecast's middle
)

// Span is some words of one tone.
type Span struct {
	Text string `json:"text"`
	Tone Tone   `json:"tone,omitempty"`
}

// Figure is one of the few numbers at the top.
type Figure struct {
	Label string `json:"label"`
	Value string `json:"value"`
	Note  string `json:"note,omitempty"`
	Tone  Tone   `json:"tone,omitempty"`
}

// Fact is one line of how it was counted.
type Fact struct {
	Label string `json:"label"`
	Text  string `json:"text"`
}

// Section is a part of a report: a table, a drawing, or both.
type Section struct {
	Key    string  `json:"key"` // of the CSV file and of links
	Title  string  `json:"title"`
	Note   string  `json:"note,omitempty"`
	Detail bool    `json:"detail,omitempty"` // the first behind the page for those who read one page
	Scale  *Scale  `json:"scale,omitempty"`
	Days   *Days   `json:"days,omitempty"`
	Strips []Strip `json:"strips,omitempty"`
	Chart  *Chart  `json:"chart,omitempty"`
	Table  *Table  `json:"table,omitempty"`
}

// Scale is an availability with its bounds and its objective, all in percent, on a line that ends at 100.
type Scale struct {
	Point string `json:"point"`
	Low   string `json:"low"`
	High  string `json:"high"`
	Limit string `json:"limit,omitempty"`
}

// Strip is the days of one of several targets, in a row of its own.
type Strip struct {
	Name  string `json:"name"`
	Title string `json:"title"`
	Value string `json:"value"` // its availability
	Tone  Tone   `json:"tone,omitempty"`
	Days  []Day  `json:"days"`
}

// Table is rows of cells; each row has as many as there are columns.
type Table struct {
	Columns []Column `json:"columns"`
	Rows    [][]Cell `json:"rows"`
	Empty   string   `json:"empty,omitempty"` // what to say when there are no rows
}

// Column names a column in words and, in CSV, by its key.
type Column struct {
	Key     string `json:"key"`
	Title   string `json:"title"`
	Numeric bool   `json:"numeric,omitempty"`
}

// Cell is what a table says in one place: for people Text, for machines Value (an int64, a string, a
// decimal number as a string, or nothing where it is not known).
type Cell struct {
	Text  string `json:"text"`
	Value any    `json:"value"`
	Note  string `json:"note,omitempty"`
	Tone  Tone   `json:"tone,omitempty"`
}

// Words is a cell of text.
func Words(s string) Cell { return Cell{Text: s, Value: s} }

// Days is a bar for each day of a period.
type Days struct {
	Days []Day `json:"days"`
}

// Day is one bar: its tone and how many seconds are behind it, by which it is as high.
type Day struct {
	Date    string `json:"date"` // 2026-10-08
	Tone    Tone   `json:"tone"`
	Seconds int64  `json:"seconds"`
	Text    string `json:"text"` // for a pointer and for a reader
}

// Chart is lines, steps or bars over a common axis.
type Chart struct {
	Kind   string   `json:"kind"` // lines, steps, bars
	Unit   string   `json:"unit"`
	X      []string `json:"x"` // one label a point
	Series []Series `json:"series"`
	Limit  *float64 `json:"limit,omitempty"` // a line across
}

// Series is a line of a chart, or with High a band between two. A missing point is null.
type Series struct {
	Name string     `json:"name"`
	Tone Tone       `json:"tone"`
	Y    []*float64 `json:"y"`
	High []*float64 `json:"high,omitempty"`
}
