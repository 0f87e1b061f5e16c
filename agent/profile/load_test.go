package profile

import (
	"strings"
	"testing"

	"ninewatch/internal/conf"
)

// TestMistakes: each names file, line and column, the key, what is wrong and the mend.
func TestMistakes(t *testing.T) {
	f := func(text string, want ...string) {
		t.Helper()
		l := NewLibrary()
		problems := l.Add("p.yaml", []byte(text))
		problems = append(problems, l.Check()...)
		got := ""
		if err := problems.Err(); err != nil {
			got = err.Error()
		}
		if want := strings.Join(want, "\n"); got != want {
			t.Errorf("%s\ngot  %s\nwant %s", text, got, want)
		}
	}
	f("sensors:\n- {class: temperature, value: 1.3.6.1.4.1.5.0 t, divid: 10}",
		`p.yaml:2:50: sensors[0].divid: unknown key, known keys: MIB, class, columns, critical_high, critical_low, each, id, instead_of, interval, name, part, rows, states, status, table, unit, unless, value, warning_high, warning_low, where`)
	f("sensors:\n- {clas: temperature, value: 1.3.6.1.4.1.5.0 t}", `p.yaml:2:4: sensors[0].clas: unknown key, did you mean "class"?`)
	f("sysobjectid: 1.3.6.1.4.1.x", `p.yaml:1:14: sysobjectid[0]: "1.3.6.1.4.1.x" is no sysObjectID: write numbers with dots, * for any, such as 1.3.6.1.4.1.9.1.*`)
	f("sensors:\n- {class: temperature, value: {OID: 1.3.6.1.4.1.99999999999.0, object: t}}",
		`p.yaml:2:37: sensors[0].value.OID: object identifier "1.3.6.1.4.1.99999999999.0": "99999999999" is not a number from 0 to 4294967295`)
	f("sensors:\n- {class: temprature, value: 1.3.6.1.4.1.5.0 t}", `p.yaml:2:11: sensors[0].class: "temprature" is no class of sensors, did you mean "temperature"?`)
	f("sensors:\n- {class: temperature, value: 1.3.6.1.4.1.5.0}",
		`p.yaml:2:31: sensors[0].value: the name of the object is missing: write it after the column, as in "5 hrStorageSize", or as object`)
	f("sensors:\n- {class: temperature, value: 3 t}",
		`p.yaml:2:31: sensors[0].value.column: column "3" is a number below a table, but no table is named: add table, or write the whole OID`)
	f("sensors:\n- {class: state, value: 1.3.6.1.4.1.5.0 t}", `p.yaml:2:3: sensors[0].states: a state needs states: what its values mean, such as {1: ok, 2: critical failed}`)
	f("sensors:\n- {class: state, value: 1.3.6.1.4.1.5.0 t, states: {1: good}}",
		`p.yaml:2:56: sensors[0].states.1: "good" does not begin with ok, warning, critical, unknown or absent`)
	f("sensors:\n- {class: state, value: 1.3.6.1.4.1.5.0 t, states: Sattes}\nstates: {States: {1: ok}}", `p.yaml:2:52: sensors[0].states: there are no states "Sattes", did you mean "States"?`)
	f("sensors:\n- {class: state, value: {OID: 1.3.6.1.4.1.5.0, object: t, match: '('}, states: {1: ok}}",
		"p.yaml:2:66: sensors[0].value.match: error parsing regexp: missing closing ): `(`: write a regular expression in the syntax of RE2")
	f("sensors:\n- {class: percent, name: '{3', value: 1.3.6.1.4.1.5.0 t}", `p.yaml:2:26: sensors[0].name[0]: "{3": a { is not closed, write for example {2} for the text of column 2`)
	f("processors:\n- {usage: 1.3.6.1.4.1.5.0 t, unless: hrProcesor}", `p.yaml:2:38: processors[0].unless[0]: there is no entry "hrProcesor", did you mean "hrProcessor"?`)
	f("extends: genric", `p.yaml:1:10: extends[0]: there is no profile "genric" to extend, did you mean "generic"?`)
	f("metrics:\n- {MIB: M, symbol: {OID: 1.3.6.1.4.1.5.0}}", `p.yaml:2:20: metrics[0].symbol.name: the object has no name: add the one that its MIB gives it`)
	f("metrics:\n- {MIB: M, table: t, symbols: [ifInOctets]}", `p.yaml:2:32: metrics[0].symbols[0]: "ifInOctets" has no OID: names alone are not looked up in MIBs, add it`)
	f("", "p.yaml:1:1: the file is empty, a profile has at least metrics or sensors")
	f("sensors: [", "p.yaml:1:1: did not find expected node content, which is not valid YAML")
}

func TestMistakesOfSeveralFiles(t *testing.T) {
	f := func(files map[string]string, want string) {
		t.Helper()
		l := NewLibrary()
		var problems conf.Problems
		for _, name := range sortedKeys(files) {
			problems = append(problems, l.Add(name, []byte(files[name]))...)
		}
		problems = append(problems, l.Check()...)
		if got := problems.Error(); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
	f(map[string]string{"a.yaml": "extends: b.yaml", "b.yml": "extends: [c]", "c.yaml": "extends: [a]"},
		"c.yaml:1:11: extends[0]: a extends itself through a > b > c > a: remove one of these\n"+
			"a.yaml:1:10: extends[0]: b extends itself through b > c > a > b: remove one of these\n"+
			"b.yml:1:11: extends[0]: c extends itself through c > a > b > c: remove one of these")
	f(map[string]string{"a.yaml": "sysobjectid: 1.3.6.1.4.1.9.1.1", "b.yaml": "metrics: []\nsysobjectid: [1.3.6.1.4.1.9.1.1]"},
		`b.yaml:2:15: sysobjectid[0]: sysObjectID 1.3.6.1.4.1.9.1.1 is that of profile "a" too, at a.yaml:1:14: remove one, or say with when which devices are meant`)
	f(map[string]string{"a.yaml": "name: x", "dir/a.yml": "name: y"}, `dir/a.yml:1:1: a profile of the name "a" is there already, from a.yaml: rename one`)
}
