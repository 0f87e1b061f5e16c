package promapi

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/VictoriaMetrics/metrics"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/tsdb"
)

// base is a minute at which everything in these tests begins.
const base = 1_790_000_040_000

func newServer(t *testing.T, sites []string) *httptest.Server {
	t.Helper()
	db, err := tsdb.Open(t.TempDir(), slog.New(slog.DiscardHandler), nil, tsdb.DefaultOptions(), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	appender := db.Appender(t.Context())
	for i := range int64(11) { // 100 octets a second in Lisbon, 200 in Porto
		for site, rate := range map[string]float64{"lisbon": 100, "porto": 200} {
			l := labels.FromStrings("__name__", "ifHCInOctets", "site", site, "device", site+"-sw1", "ifName", "Gi1")
			if _, err := appender.Append(0, l, base+i*60_000, rate*60*float64(i)); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := appender.Commit(); err != nil {
		t.Fatal(err)
	}
	ledger := func(_ context.Context, from, to int64) ([]StateInterval, error) {
		return []StateInterval{
			{Site: "lisbon", Device: "lisbon-sw1", State: "up", From: base, To: base + 300_000},
			{Site: "lisbon", Device: "lisbon-sw1", State: "down", From: base + 300_000, To: base + 600_000},
			{Site: "porto", Device: "porto-sw1", State: "up", From: base, To: base + 600_000},
		}, nil
	}
	api := New(Deps{
		Log: slog.New(slog.DiscardHandler), Metrics: metrics.NewSet(), Queryable: Derived(db, ledger), Lookback: 15 * time.Minute,
		Sites: func(*http.Request) ([]string, bool) { return sites, sites == nil },
		Now:   func() time.Time { return time.UnixMilli(base + 600_000) },
	})
	server := httptest.NewServer(http.StripPrefix("/prometheus", api.Handler()))
	t.Cleanup(server.Close)
	return server
}

// ask returns the status and the body of a request, compact.
func ask(t *testing.T, s *httptest.Server, path string, form url.Values) (int, string) {
	t.Helper()
	answer, err := http.Get(s.URL + "/prometheus/api/v1/" + path + "?" + form.Encode())
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(body)
}

func TestEndpoints(t *testing.T) {
	s := newServer(t, nil)
	f := func(path string, form url.Values, wantCode int, want string) {
		t.Helper()
		if code, body := ask(t, s, path, form); code != wantCode || body != want {
			t.Errorf("%s %v: got %d\n%s\nwant %d\n%s", path, form, code, body, wantCode, want)
		}
	}
	f("query", url.Values{"query": {`rate(ifHCInOctets{site="lisbon"}[5m]) * 8`}, "time": {"1790000640"}}, 200,
		`{"status":"success","data":{"resultType":"vector","result":[{"metric":{"device":"lisbon-sw1","ifName":"Gi1","site":"lisbon"},"value":[1790000640,"800"]}]}}`)
	f("query_range", url.Values{"query": {`ifHCInOctets{site="porto"}`}, "start": {"1790000040"}, "end": {"2026-09-21T14:16:00Z"}, "step": {"2m"}}, 200,
		`{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"__name__":"ifHCInOctets","device":"porto-sw1","ifName":"Gi1","site":"porto"},"values":[[1790000040,"0"],[1790000160,"24000"]]}]}}`)
	f("query", url.Values{"query": {"1+1"}, "time": {"5"}}, 200, `{"status":"success","data":{"resultType":"scalar","result":[5,"2"]}}`)
	f("labels", nil, 200, `{"status":"success","data":["__name__","device","ifName","site","state"]}`)
	f("label/site/values", nil, 200, `{"status":"success","data":["lisbon","porto"]}`)
	f("label/__name__/values", url.Values{"match[]": {`{site="porto"}`}}, 200, `{"status":"success","data":["ifHCInOctets","ninewatch_state"]}`)
	f("series", url.Values{"match[]": {`ifHCInOctets{site="porto"}`}}, 200,
		`{"status":"success","data":[{"__name__":"ifHCInOctets","device":"porto-sw1","ifName":"Gi1","site":"porto"}]}`)
	f("rules", nil, 200, `{"status":"success","data":{"groups":[]}}`)
	f("metadata", url.Values{"metric": {"ninewatch_snmp_up"}}, 200,
		`{"status":"success","data":{"ninewatch_snmp_up":[{"type":"gauge","help":"1 when the device answered the last SNMP poll.","unit":""}]}}`)
	f("query", url.Values{"query": {"sum("}}, 400,
		`{"status":"error","errorType":"bad_data","error":"invalid parameter \"query\": 1:5: parse error: unclosed left parenthesis"}`)
	f("query_range", url.Values{"query": {"up"}, "start": {"0"}, "end": {"1e9"}, "step": {"1"}}, 400,
		`{"status":"error","errorType":"bad_data","error":"1000000000 points per series are too many, 11000 is the most: take a larger step"}`)
	f("query_range", url.Values{"query": {"up"}, "start": {"yesterday"}}, 400,
		`{"status":"error","errorType":"bad_data","error":"invalid parameter \"start\": \"yesterday\" is neither Unix seconds nor RFC 3339"}`)
	f("series", nil, 400, `{"status":"error","errorType":"bad_data","error":"no match[] parameter provided"}`)
	if _, body := ask(t, s, "status/buildinfo", nil); !strings.Contains(body, `"application":"ninewatch"`) {
		t.Errorf("buildinfo: got %s", body)
	}
}

func TestPostForm(t *testing.T) {
	s := newServer(t, nil)
	answer, err := http.PostForm(s.URL+"/prometheus/api/v1/query", url.Values{"query": {"count(ifHCInOctets)"}})
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	var got struct {
		Data struct {
			Result []struct{ Value [2]any }
		}
	}
	if err := json.NewDecoder(answer.Body).Decode(&got); err != nil || len(got.Data.Result) != 1 || got.Data.Result[0].Value[1] != "2" {
		t.Errorf("got %+v, %v; want a count of 2", got, err)
	}
}

// TestStateIsExact: the state at any instant is that of the interval which holds it.
func TestStateIsExact(t *testing.T) {
	s := newServer(t, nil)
	f := func(seconds string, want string) {
		t.Helper()
		_, body := ask(t, s, "query", url.Values{"query": {`ninewatch_state{device="lisbon-sw1"} == 1`}, "time": {seconds}})
		if !strings.Contains(body, `"state":"`+want+`"`) || strings.Count(body, `"state"`) != 1 {
			t.Errorf("at %s: got %s, want %s alone", seconds, body, want)
		}
	}
	f("1790000040", "up")
	f("1790000339", "up")
	f("1790000339.999", "up")
	f("1790000340", "down")
	f("1790000639", "down")
	// 10 minutes at a step of 7 s: 300 s of up, the rest down.
	_, body := ask(t, s, "query_range", url.Values{
		"query": {`ninewatch_state{device="lisbon-sw1",state="down"}`}, "start": {"1790000040"}, "end": {"1790000639"}, "step": {"7"},
	})
	if zeros, ones := strings.Count(body, `"0"]`), strings.Count(body, `"1"]`); zeros != 43 || ones != 43 {
		t.Errorf("got %d zeros and %d ones, want 43 and 43", zeros, ones)
	}
}

// TestScope: whoever may see Porto alone sees nothing of Lisbon, in no endpoint and by no selector.
func TestScope(t *testing.T) {
	s := newServer(t, []string{"porto"})
	for path, form := range map[string]url.Values{
		"query":               {"query": {`{site=~".+"} or ninewatch_state`}},
		"series":              {"match[]": {`{site="lisbon"}`, `{__name__=~".+"}`}},
		"label/site/values":   nil,
		"label/device/values": {"match[]": {`{site="lisbon"}`}},
	} {
		if code, body := ask(t, s, path, form); code != 200 || strings.Contains(body, "lisbon") {
			t.Errorf("%s: got %d %s", path, code, body)
		}
	}
	if _, body := ask(t, newServer(t, []string{}), "label/site/values", nil); body != `{"status":"success","data":[]}` {
		t.Errorf("without sites: got %s", body)
	}
}
