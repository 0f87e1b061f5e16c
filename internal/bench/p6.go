package main

// pollV3 is P6: SNMPv3 with authentication and privacy.
func pollV3() ([]Row, error) {
	f := fleet{Devices: 500, Interfaces: 48, Port: 16306, Seconds: 1.5, V3: true}
	stop, err := serve("fleet", f)
	if err != nil {
		return nil, err
	}
	defer stop()
	var ours, gosnmp []Report
	for range rounds {
		if ours, err = add(ours, "ours", f); err != nil {
			return nil, err
		}
		if gosnmp, err = add(gosnmp, "gosnmp", f); err != nil {
			return nil, err
		}
	}
	return []Row{against("P6", "poll v3 authPriv SHA AES", median(ours, Report.rate), median(gosnmp, Report.rate), "gosnmp v3, GETBULK", "varbinds/CPU-s", "≥ 2.5")},
		failures(ours, gosnmp)
}
