package profile

// units are the classes of sensors with the unit that each has unless the profile says another (CONTRACT,
// section 6).
var units = map[string]string{
	"temperature": "celsius", "fanspeed": "rpm", "voltage": "volt", "current": "ampere", "power": "watt",
	"power_apparent": "voltampere", "power_consumed": "kilowatthour", "power_factor": "1", "energy": "kilowatthour",
	"frequency": "hertz", "humidity": "percent", "percent": "percent", "load": "percent", "charge": "percent",
	"runtime": "minute", "dbm": "dBm", "signal": "dBm", "signal_loss": "dB", "snr": "dB", "noise": "dBm", "count": "1",
	"airflow": "cfm", "pressure": "kilopascal", "waterflow": "liter/minute", "delay": "second", "quality": "percent",
	"bitrate": "bit/second", "cooling": "watt", "chromatic_dispersion": "ps/nm", "ber": "1", "eer": "1", "tv_signal": "dBmV",
	"state": "",
}

// severities are what a state or a status is worth. A power supply, fan or sensor that is absent is not
// plugged in.
var severities = map[string]bool{"ok": true, "warning": true, "critical": true, "unknown": true, "absent": true}

// The parts of a device that have a section of their own.
const (
	PowerSupply = "power_supply"
	Fan         = "fan"
)

// known columns may stand in templates without being defined: they are read at the index of the row.
var known = map[string]string{
	"ifName": "1.3.6.1.2.1.31.1.1.1.1", "ifAlias": "1.3.6.1.2.1.31.1.1.1.18", "ifDescr": "1.3.6.1.2.1.2.2.1.2",
	"entPhysicalName": "1.3.6.1.2.1.47.1.1.1.1.7", "entPhysicalDescr": "1.3.6.1.2.1.47.1.1.1.1.2",
}
