package api

import (
	"strings"
	"testing"
)

func TestInterfaces(t *testing.T) {
	w := newWorld(t)
	_, body := w.ask("viewer", "GET", "/api/v1/devices/lis-sw-1/interfaces", "")
	want := `{"items":[{"key":"Gi1","if_index":1,"name":"Gi1","descr":"","alias":"","type":0,"speed_bps":1000000000,"admin_status":"up","oper_status":"lowerLayerDown","mac":"","mtu":null,` +
		`"in_bps":8000,"out_bps":16000,"in_p95_bps":8000,"out_p95_bps":16000,"errors_ratio":0.01,"last_seen":"2026-11-18T14:31:59.000Z"}],"next_cursor":null,"total":1}`
	if got := strings.TrimSpace(body); got != want {
		t.Errorf("got\n%s\nwant\n%s\n%s", got, want, w.log)
	}
}
