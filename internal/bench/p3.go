package main

// memory is P3: what polling 5,000 devices of 48 interfaces takes.
func memory() ([]Row, error) {
	const kib = 1 << 10
	f := fleet{Devices: 5000, Interfaces: 48, Port: 16303}
	stop, err := serve("fleet", f)
	if err != nil {
		return nil, err
	}
	defer stop()
	var same, distinct, gosnmp []Report
	for i := range rounds {
		if same, err = add(same, "ours", f); err != nil {
			return nil, err
		}
		own := f
		own.Distinct = true
		if distinct, err = add(distinct, "ours", own); err != nil {
			return nil, err
		}
		if i > 0 {
			continue // memory is not a matter of chance, and this one takes long
		}
		if gosnmp, err = add(gosnmp, "gosnmp", f); err != nil {
			return nil, err
		}
	}
	each := func(r Report) float64 { return r.RSS / kib / float64(f.Devices) }
	allocs := func(r Report) float64 { return r.Allocs / r.VarBinds }
	g := median(gosnmp, each)
	return []Row{
		against("P3", "RSS of a device, devices of one kind", median(same, each), g, "gosnmp", "KiB", "≤ 16 KiB"),
		against("P3", "RSS of a device, each of its own kind", median(distinct, each), g, "gosnmp", "KiB", "≤ 16 KiB"),
		against("P3", "RSS in all, each of its own kind", median(distinct, func(r Report) float64 { return r.RSS / kib / kib }), 100, "the goal", "MiB", "≤ 100 MiB"),
		against("P3", "allocations of a varbind", median(distinct, allocs), median(gosnmp, allocs), "gosnmp", "allocs", "≤ 0.05"),
	}, failures(same, distinct, gosnmp)
}
