package cli

import (
	"strings"
	"testing"
)

func TestAnalyzeTopology(t *testing.T) {
	path := write(t, "net.graphml", `<graphml><graph><node id="0"/><node id="1"/><node id="2"/><edge source="0" target="1"/><edge source="1" target="2"/></graph></graphml>`)
	code, out, errs := run(t, "analyze", "topology", path, "--core", "0")
	if code != 0 || errs != "" || !strings.Contains(out, `"core":0,"lost_if_node_fails":{"0":{"count":2,"nodes":[1,2]},"1":{"count":1,"nodes":[2]}}`) {
		t.Errorf("got %d %q %q", code, out, errs)
	}
	refused(t, 1, path+`: core: node "7" is not among nodes: name one that is`, "analyze", "topology", path, "--core", "7")
	bad := write(t, "bad.json", `{"nodes":[0],"edges":[[0,1]]}`)
	refused(t, 1, bad+`: edges[0]: node "1" is not among nodes: add it there, or correct the edge`, "analyze", "topology", bad)
	refused(t, 2, "accepts 1 arg(s), received 0: see ninewatch-collector analyze topology --help", "analyze", "topology")
}
