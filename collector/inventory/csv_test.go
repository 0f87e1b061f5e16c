package inventory

import (
	"strings"
	"testing"
	"time"
)

func TestTablesOfDevices(t *testing.T) {
	inv, problems := Parse(File{Name: "d.csv", CSV: true, Data: []byte("\xef\xbb\xbfName;site;Address;tags;asset.cost;asset.tag;icmp.interval\r\n" +
		"sw1;lisbon;192.0.2.1;a b|c;\"1;2\";;\r\n\r\n\"sw2\";lisbon;192.0.2.2;;;T1;5s\r\n")})
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	five := Duration(5 * time.Second)
	same(t, "devices", inv.Devices, []Device{
		{Name: "sw1", Site: "lisbon", Address: "192.0.2.1", Tags: []string{"a", "b", "c"}, Asset: Asset{Cost: "1;2"}},
		{Name: "sw2", Site: "lisbon", Address: "192.0.2.2", Asset: Asset{Tag: "T1"}, ICMP: Probe{Interval: &five}},
	})
	f := func(text, want string) {
		t.Helper()
		_, problems := Parse(File{Name: "d.csv", CSV: true, Data: []byte(text)})
		got := ""
		if err := problems.Err(); err != nil {
			got = err.Error()
		}
		if !strings.Contains(got, want) {
			t.Errorf("%q: got %s\nwant %s", text, got, want)
		}
	}
	f("", "d.csv:1:1: has no first row with the names of the columns: name, ")
	f("name,adress\n", `d.csv:1:6: unknown column "adress", did you mean "address"?`)
	f("name,name\n", `d.csv:1:6: column "name" stands here twice, keep one`)
	f("name,site,address\nsw1,lisbon\n", "d.csv:2:1: this row has more or fewer cells than the 3 columns of the first row")
	f("name,site,address\n\"sw1\nx\",lisbon,192.0.2.1\nsw2,lisbon,\n", `d.csv:2:1: devices[0].name: "sw1\nx" is not a name`)
	f("name,site,address\n\"sw1\nx\",lisbon,192.0.2.1\nsw2,lisbon,\n", `d.csv:4:1: devices[1].address: a device needs an address`)
	f("name,site,address\nsw1,l\"i\",x\n", `d.csv:2:6: a quote stands within a cell`)
	f("name\n\xff\n", "is not UTF-8, export the table as CSV UTF-8")
}

// FuzzCSV: no table panics, and what is accepted can be applied.
func FuzzCSV(f *testing.F) {
	f.Add([]byte("name;site;address\nsw1;lisbon;192.0.2.1\n"))
	f.Add([]byte("name,tags\n\"a\nb\",\"x\"\"y\"\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		inv, problems := Parse(File{Name: "f", Data: data, CSV: true, Remote: true})
		if len(problems) > 0 {
			_ = problems.Err().Error()
			return
		}
		makePlan(nil, inv.objects(), inv, ApplyOptions{}, nil, time.Time{})
	})
}
