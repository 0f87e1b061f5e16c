package main

import (
	"encoding/json"
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gosnmp/gosnmp"
)

// workers of gosnmp: a device each at a time.
const workers = 100

// rowsAtOnce is max-repetitions with all columns in one request: 60 values fit a datagram.
const rowsAtOnce = 6

// runGosnmp polls a fleet with gosnmp as it is meant to be used: a connection for each device, kept, and GETBULK
// for several columns.
func runGosnmp(arg []byte) error {
	var f fleet
	if err := json.Unmarshal(arg, &f); err != nil {
		return err
	}
	addrs, err := f.addresses()
	if err != nil {
		return err
	}
	conns := make([]*gosnmp.GoSNMP, len(addrs))
	for i, a := range addrs {
		g := &gosnmp.GoSNMP{Target: a.Addr().String(), Port: a.Port(), Version: gosnmp.Version2c, Community: community,
			Timeout: 2 * time.Second, Retries: 2, MaxOids: gosnmp.MaxOids}
		if u := secureUser; f.V3 {
			g.Version, g.SecurityModel, g.MsgFlags = gosnmp.Version3, gosnmp.UserSecurityModel, gosnmp.AuthPriv
			g.SecurityParameters = &gosnmp.UsmSecurityParameters{UserName: u.Name, AuthenticationProtocol: gosnmp.SHA,
				AuthenticationPassphrase: u.AuthPassphrase, PrivacyProtocol: gosnmp.AES, PrivacyPassphrase: u.PrivPassphrase}
		}
		if err := g.Connect(); err != nil {
			return err
		}
		conns[i] = g
	}
	var varBinds, failed atomic.Int64
	cycle := func() {
		var wg sync.WaitGroup
		next := make(chan *gosnmp.GoSNMP)
		for range workers {
			wg.Go(func() {
				for g := range next {
					n, ok := bulkWalk(g)
					varBinds.Add(int64(n))
					if !ok {
						failed.Add(1)
					}
				}
			})
		}
		for _, g := range conns {
			next <- g
		}
		close(next)
		wg.Wait()
	}
	cycle()
	varBinds.Store(0)
	failed.Store(0)
	debug.FreeOSMemory() // what was needed to begin is not measured
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	cpu, start := usage(), time.Now()
	for first := true; first || time.Since(start).Seconds() < f.Seconds; first = false {
		cycle()
	}
	r := Report{VarBinds: float64(varBinds.Load()), CPU: usage() - cpu, Wall: time.Since(start).Seconds(), RSS: resident(), Failed: float64(failed.Load())}
	runtime.ReadMemStats(&after)
	r.Allocs = float64(after.Mallocs - before.Mallocs)
	return report(r)
}

// bulkWalk reads sysUpTime and all columns of one device.
func bulkWalk(g *gosnmp.GoSNMP) (values int, ok bool) {
	roots := make([]string, len(columns))
	at := make([]string, len(columns))
	for i, c := range columns {
		roots[i] = "." + c.String() + "."
		at[i] = "." + c.String()
	}
	names := append([]string{"." + sysUpTime[:len(sysUpTime)-1].String()}, at...)
	once := uint8(1)
	var sum uint64
	for {
		p, err := g.GetBulk(names, once, rowsAtOnce)
		if err != nil || p.Error != gosnmp.NoError {
			return values, false
		}
		vars := p.Variables
		if once == 1 && len(vars) > 0 {
			sum += gosnmp.ToBigInt(vars[0].Value).Uint64()
			values++
			vars = vars[1:]
		}
		over := false
		for i, v := range vars {
			root := roots[i%len(roots)]
			if len(v.Name) < len(root) || v.Name[:len(root)] != root {
				over = true
				break
			}
			at[i%len(roots)] = v.Name
			switch x := v.Value.(type) {
			case uint64:
				sum += x
			case uint:
				sum += uint64(x)
			case uint32:
				sum += uint64(x)
			case int:
				sum += uint64(x)
			}
			values++
		}
		if over || len(vars) == 0 {
			return values, sum > 0
		}
		// A reply that is cut within a row leaves columns at different places: go on from the last whole row.
		names, once = append(names[:0], at...), 0
		if cut := len(vars) % len(roots); cut != 0 {
			values -= cut
			for i := range cut {
				j := len(vars) - cut - len(roots) + i
				names[i] = vars[j].Name
				at[i] = vars[j].Name
			}
		}
	}
}
