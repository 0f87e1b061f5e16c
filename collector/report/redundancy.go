package report

import (
	"fmt"
	"strings"
	"time"

	"ninewatch/collector/uptime"
)

// RedundancyInput is what a report of redundancy is made of; all of it was worked out before.
type RedundancyInput struct {
	Title, Scope string
	Period       uptime.Window
	Name         string // of the period
	Zone         *time.Location
	Made         time.Time
	AsOf         string
	Demo         bool
	Answer       []Span
	Singles      []RedundancySingle
	Groups       []RedundancyGroup
	N1           []RedundancyN1
	Backups      []RedundancyBackup
	Sites        []RedundancySite
	Changes      []RedundancyChange
	Without      int64 // seconds, of all groups added up
	Losses       int
	MTTR         *int64
	FullPercent  string // of the known time of all groups; empty: nothing is known
	Trust        string // how far the map can be trusted, in words
}

// RedundancySingle is a single point of failure, with what would mend it.
type RedundancySingle struct {
	Name, Kind, Sites, Services, Mend string
	Devices, Users                    int
	Certain                           bool
}

// RedundancyGroup is a redundancy group as it is now, and its time without redundancy in the period.
type RedundancyGroup struct {
	Title, Kind, Class, Words, Since, Sites string
	Redundant                               bool
	Without                                 int64
	Losses                                  int
}

// RedundancyN1 is a load after the worst loss.
type RedundancyN1 struct {
	Title, Loss, Load, Util, Ends string
	Holds                         bool
}

// RedundancyBackup is a reason not to rely on a member that stands by.
type RedundancyBackup struct{ Title, Member, Sites, Words string }

// RedundancySite is the time in which any group of a site was without redundancy.
type RedundancySite struct {
	Name                   string
	Without, Known, Budget int64
}

// RedundancyChange is what changed in the period.
type RedundancyChange struct{ Time, Words string }

// Redundancy is the report of single points, groups, loads after a failure, and the time without redundancy.
func Redundancy(in RedundancyInput) Document {
	return Document{
		Kind: "redundancy", Title: in.Title, Scope: in.Scope, Demo: in.Demo,
		Eyebrow:     "Redundancy report · " + periodWords(in.Name, in.Period, in.Zone),
		Period:      Period{Name: in.Name, From: utc(in.Period.From), To: utc(in.Period.To), Zone: in.Zone.String(), Seconds: in.Period.To - in.Period.From},
		GeneratedAt: in.Made.UTC().Format(time.RFC3339), AsOf: in.AsOf, Answer: in.Answer, Figures: redundancyFigures(in),
		Sections: []Section{redundancySingles(in.Singles), redundancyGroups(in.Groups), redundancyN1(in.N1), redundancyBackups(in.Backups), redundancySites(in.Sites), redundancyChanges(in.Changes)},
		Method: []Fact{
			{"State", "Groups, single points and loads are those of the moment of the report; the time without redundancy is that of the period."},
			{"Single point", "A device, link or risk group whose failure alone takes the core, or the way to the outside, from others."},
			{"Time without", "Every second in which a group had fewer members than designed. Seconds of which nothing is known do not count."},
			{"Users", "Estimated: those of a site, spread evenly over its access devices."},
			{"Map", in.Trust},
		},
	}
}

func redundancyFigures(in RedundancyInput) []Figure {
	lost, failing := 0, 0
	for _, g := range in.Groups {
		if g.Class != "full" && g.Class != "unknown" {
			lost++
		}
	}
	for _, n := range in.N1 {
		if !n.Holds {
			failing++
		}
	}
	tone := func(n int) Tone {
		if n > 0 {
			return Risk
		}
		return Strong
	}
	mean := "no loss ended in the period"
	if in.MTTR != nil {
		mean = "mean time to mend " + Lasted(*in.MTTR)
	}
	full := "not known"
	if in.FullPercent != "" {
		full = in.FullPercent + " %"
	}
	return []Figure{
		{Label: "Single points", Value: Grouped(int64(len(in.Singles))), Tone: tone(len(in.Singles))},
		{Label: "Redundancy lost", Value: Grouped(int64(lost)), Note: fmt.Sprintf("of %s", plural(int64(len(in.Groups)), "group")), Tone: tone(lost)},
		{Label: "Fail with one loss", Value: Grouped(int64(failing)), Note: fmt.Sprintf("of %s with a known load", plural(int64(len(in.N1)), "group")), Tone: tone(failing)},
		{Label: "Without redundancy", Value: Lasted(in.Without), Note: Grouped(int64(in.Losses)) + " losses; " + mean + "; " + full + " of group time full", Tone: Strong},
	}
}

func redundancySingles(list []RedundancySingle) Section {
	t := &Table{Empty: "No single failure cuts anything off, as far as links are known.", Columns: []Column{
		{Key: "name", Title: "If this fails"}, {Key: "kind", Title: "Kind"}, {Key: "sites", Title: "Site"}, {Key: "devices", Title: "Cuts off", Numeric: true},
		{Key: "users", Title: "Users", Numeric: true}, {Key: "services", Title: "Services"}, {Key: "certain", Title: "Certain"}, {Key: "mend", Title: "What would mend it"}}}
	for _, x := range list {
		certain := "yes"
		if !x.Certain {
			certain = "as far as links are known"
		}
		t.Rows = append(t.Rows, []Cell{{Text: x.Name, Value: x.Name, Tone: Strong}, Words(strings.ReplaceAll(x.Kind, "_", " ")), Words(x.Sites), number(x.Devices), number(x.Users), Words(x.Services), Words(certain), Words(x.Mend)})
	}
	return Section{Key: "singles", Title: "Single points of failure", Table: t}
}

func number(n int) Cell { return Cell{Text: Grouped(int64(n)), Value: int64(n)} }

func redundancyGroups(list []RedundancyGroup) Section {
	t := &Table{Empty: "No redundancy group is known.", Columns: []Column{
		{Key: "group", Title: "Group"}, {Key: "kind", Title: "Kind"}, {Key: "sites", Title: "Site"}, {Key: "class", Title: "Class"}, {Key: "since", Title: "Since"},
		{Key: "members", Title: "Members"}, {Key: "without_seconds", Title: "Time without", Numeric: true}, {Key: "losses", Title: "Losses", Numeric: true}}}
	for _, x := range list {
		tone := Plain
		switch x.Class {
		case "failed", "split_brain":
			tone = Bad
		case "at_risk", "reduced":
			tone = Risk
		case "unknown":
			tone = Unknown
		}
		class := Cell{Text: strings.ReplaceAll(x.Class, "_", " "), Value: x.Class, Tone: tone}
		if !x.Redundant {
			class.Note = "no spare by design"
		}
		t.Rows = append(t.Rows, []Cell{Words(x.Title), Words(x.Kind), Words(x.Sites), class, Words(x.Since), Words(x.Words), {Text: Lasted(x.Without), Value: x.Without}, number(x.Losses)})
	}
	return Section{Key: "groups", Title: "Redundancy groups", Table: t}
}

func redundancyN1(list []RedundancyN1) Section {
	t := &Table{Empty: "No group has a known load.", Columns: []Column{
		{Key: "group", Title: "Group"}, {Key: "loss", Title: "Worst loss"}, {Key: "load", Title: "Load (p95)"}, {Key: "utilization", Title: "After it"}, {Key: "holds", Title: "Holds"}, {Key: "ends", Title: "Until"}}}
	for _, x := range list {
		holds := Cell{Text: "yes", Value: "yes"}
		if !x.Holds {
			holds = Cell{Text: "no", Value: "no", Tone: Bad}
		}
		t.Rows = append(t.Rows, []Cell{Words(x.Title), Words(x.Loss), Words(x.Load), Words(x.Util), holds, Words(x.Ends)})
	}
	return Section{Key: "n1", Title: "After one failure (N-1)", Table: t}
}

func redundancyBackups(list []RedundancyBackup) Section {
	t := &Table{Empty: "Nothing speaks against relying on those that stand by, as far as it is known what they carried.", Columns: []Column{
		{Key: "group", Title: "Group"}, {Key: "member", Title: "Stands by"}, {Key: "sites", Title: "Site"}, {Key: "words", Title: "Why it may not help"}}}
	for _, x := range list {
		t.Rows = append(t.Rows, []Cell{Words(x.Title), Words(x.Member), Words(x.Sites), Words(x.Words)})
	}
	return Section{Key: "backups", Title: "Backups not to rely on", Table: t}
}

func redundancySites(list []RedundancySite) Section {
	t := &Table{Empty: "No group of any site was judged in the period.", Columns: []Column{
		{Key: "site", Title: "Site"}, {Key: "without_seconds", Title: "Time without", Numeric: true}, {Key: "known_seconds", Title: "Known", Numeric: true}, {Key: "budget_left_seconds", Title: "Budget left", Numeric: true}}}
	for _, x := range list {
		left := Cell{Text: Lasted(x.Budget - x.Without), Value: x.Budget - x.Without}
		if x.Without > x.Budget {
			left.Text, left.Tone = "over by "+Lasted(x.Without-x.Budget), Risk
		}
		t.Rows = append(t.Rows, []Cell{Words(x.Name), {Text: Lasted(x.Without), Value: x.Without}, {Text: Lasted(x.Known), Value: x.Known}, left})
	}
	return Section{Key: "sites", Title: "Time without redundancy by site", Table: t}
}

func redundancyChanges(list []RedundancyChange) Section {
	t := &Table{Empty: "Nothing changed.", Columns: []Column{{Key: "time", Title: "Time"}, {Key: "change", Title: "What changed"}}}
	for _, x := range list {
		t.Rows = append(t.Rows, []Cell{Words(x.Time), Words(x.Words)})
	}
	return Section{Key: "changes", Title: "What changed in the period", Table: t}
}
