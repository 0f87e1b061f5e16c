package uptime

import "testing"

// BenchmarkMonitoredNow: what the source of incidents of ports asks every 5 s, where an interface of one device of
// 10,000 changed; each has 24 interfaces and two neighbours.
func BenchmarkMonitoredNow(b *testing.B) {
	s := newStore(b)
	s.exec(`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10000)
		INSERT INTO objects (kind, name, site, spec, source, created_ms, updated_ms) SELECT 'device', 'sw' || i, 'porto', json_object('name', 'sw' || i), 'apply', 0, 0 FROM n`)
	s.exec(`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10000)
		INSERT INTO device_facts SELECT 'sw' || i, 0, NULL, 0, json_object('sys_name', 'sw' || i || '.example.net', 'sys_descr', 'a switch of some kind') FROM n`)
	s.exec(`WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 239999)
		INSERT INTO interfaces SELECT 'sw' || (1 + i / 24), 'Gi0/' || (i % 24), i % 24, '{}', 0, 0 FROM n`)
	s.exec(`WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 19999)
		INSERT INTO device_parts SELECT 'sw' || (1 + i / 2), 'neighbors', 'Gi0/' || (i % 2), 0, NULL, 0,
			json_object('local_key', 'Gi0/' || (i % 2), 'remote_name', 'sw' || (1 + (i * 7) % 10000)) FROM n`)
	e := s.engine()
	if _, err := e.Reload(b.Context()); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		got, err := e.MonitoredNow(b.Context(), map[string]bool{"sw77": true})
		if err != nil || len(got) != 2 {
			b.Fatalf("got %d, %v; want the two with neighbours", len(got), err)
		}
	}
}
