package profile

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// Source is where a value comes from, and how it is read. As one text it is "COLUMN OBJECT": the number
// of a column below the table, or a whole OID, then the object's name in its MIB.
type Source struct {
	Column   string   `yaml:"column"`   // number below the table's entry, or a whole OID of a column
	OID      string   `yaml:"OID"`      // one instance, such as a scalar
	Object   string   `yaml:"object"`   // name in the MIB: the name of the metric
	At       string   `yaml:"at"`       // template of the index; without: that of the row
	Text     string   `yaml:"text"`     // template: a text made of others
	Constant string   `yaml:"constant"` // neither: always this
	Absent   Words    `yaml:"absent"`   // values that mean that there is none
	Min      *float64 `yaml:"min"`      // numbers below mean that there is none
	Max      *float64 `yaml:"max"`      // numbers above mean that there is none
	Unsigned bool     `yaml:"unsigned"` // a negative Integer32 is a number from 2^31 up
	Match    string   `yaml:"match"`    // regular expression on the text: its first group, or Replace
	Replace  string   `yaml:"replace"`  // $1 … of Match
	Convert  string   `yaml:"convert"`  // see conversions
	Map      States   `yaml:"map"`      // value → what it stands for; "*" is any other
	Minus    Factors  `yaml:"minus"`    // taken away before the factors; what is absent counts as nothing
	Multiply Factors  `yaml:"multiply"`
	Divide   Factors  `yaml:"divide"`
	Power10  Factors  `yaml:"power10"` // times ten to the sum of these
	Plus     float64  `yaml:"plus"`
	Sum      string   `yaml:"sum"` // of a column without a table: over all rows sum, average, count or max

	expression *regexp.Regexp // Match, once the file is read
}

// FromText reads the short form.
func (s *Source) FromText(text string) error {
	column, object, _ := strings.Cut(strings.TrimSpace(text), " ")
	if !isDotted(column) {
		return fmt.Errorf("%q is no column: write its number below the table or a whole OID, then the name of the object, or a mapping", text)
	}
	if strings.HasSuffix(column, ".0") {
		s.OID = column
	} else {
		s.Column = column
	}
	s.Object = strings.TrimSpace(object)
	return nil
}

func isDotted(s string) bool {
	return s != "" && strings.Trim(s, "0123456789.") == ""
}

// given tells whether a file says anything of s.
func (s *Source) given() bool {
	return s.Column != "" || s.OID != "" || s.Text != "" || s.Constant != ""
}

// plain tells whether a number comes out as it was read.
func (s *Source) plain() bool {
	return len(s.Multiply)+len(s.Divide)+len(s.Power10)+len(s.Minus) == 0 && s.Plus == 0 && s.Min == nil && s.Max == nil && numberConversions[s.Convert] == nil
}

// Factor is a Source whose short form is a number.
type Factor Source

// FromText reads the short form.
func (f *Factor) FromText(text string) error {
	if _, err := strconv.ParseFloat(text, 64); err != nil {
		return fmt.Errorf("%q is not a number: write one, or a mapping such as {column: 3}", text)
	}
	f.Constant = text
	return nil
}

func (f *Factor) given() bool { return (*Source)(f).given() }

// Factors are several of them.
type Factors []Factor

// MayBeOne makes a single factor a list.
func (Factors) MayBeOne() {}

// Word is a Source whose short form is the word itself.
type Word Source

// FromText reads the short form.
func (w *Word) FromText(text string) error {
	w.Constant = text
	return nil
}

func (w *Word) given() bool { return (*Source)(w).given() }

// Fact is a Source of the identity, over all rows of a table: the first that passes Where counts. Its
// short form is the text itself.
type Fact struct {
	Column   string     `yaml:"column"`
	OID      string     `yaml:"OID"`
	At       string     `yaml:"at"`
	Text     string     `yaml:"text"`
	Constant string     `yaml:"constant"`
	Absent   Words      `yaml:"absent"`
	Match    string     `yaml:"match"`
	Replace  string     `yaml:"replace"`
	Convert  string     `yaml:"convert"`
	Map      States     `yaml:"map"`
	Table    string     `yaml:"table"`
	Where    Conditions `yaml:"where"`
	Descr    string     `yaml:"sysdescr"` // short for {OID: sysDescr.0, match: …}

	read Source // the same as a source, once the file is read
}

// FromText reads the short form.
func (f *Fact) FromText(text string) error {
	f.Constant = text
	return nil
}

func (f *Fact) source() Source {
	s := Source{Column: f.Column, OID: f.OID, At: f.At, Text: f.Text, Constant: f.Constant, Absent: f.Absent,
		Match: f.Match, Replace: f.Replace, Convert: f.Convert, Map: f.Map}
	if f.Descr != "" {
		s.OID, s.Match = sysDescr, f.Descr
	}
	return s
}

const sysDescr = "1.3.6.1.2.1.1.1.0" // SNMPv2-MIB (RFC 3418)

// States say what values stand for: "SEVERITY", "SEVERITY WORD", or for a map any text. As one text it is
// the name of an entry of the profile's states.
type States map[string]string

// named is the key under which the name of an entry is kept: no value has it.
const named = "\x00"

// FromText reads the short form.
func (s *States) FromText(text string) error {
	*s = States{named: text}
	return nil
}

// Words is a list of texts that may be one.
type Words []string

// MayBeOne makes a single text a list.
func (Words) MayBeOne() {}
