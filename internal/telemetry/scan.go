package telemetry

// Scan asks an agent for what answers in ranges of addresses. It is part of the assignment until it has ended.
type Scan struct {
	ID          string   `json:"id"` // names its reports: a-z, 0-9 and dash
	Ranges      []string `json:"ranges"`
	Credentials []string `json:"credentials"` // names of the assignment's, in the order in which they are tried
	Port        uint16   `json:"port"`        // of SNMP; 0: 161
	Rate        int      `json:"rate"`        // addresses a second; 0: the agent's default
}

// The states of a ScanReport.
const (
	ScanRunning = "running"
	ScanDone    = "done"
	ScanFailed  = "failed"
)

// ScanReport says how far a scan is, and what it has found since the report before.
type ScanReport struct {
	ID        string      `json:"id"` // of the Scan
	Time      int64       `json:"time_unix_ms"`
	State     string      `json:"state"`
	Problem   string      `json:"problem"` // what went wrong, in words
	Done      uint64      `json:"done"`    // tries: an address with one credential
	All       uint64      `json:"all"`
	Answering uint64      `json:"answering"` // addresses
	Found     []ScanFound `json:"found"`
}

// MaxScanFound bounds the addresses of one report, so that it fits into a record.
const MaxScanFound = 100

// ScanFound is an address that answers.
type ScanFound struct {
	Address     string `json:"address"`
	ICMP        bool   `json:"icmp"`
	SNMP        bool   `json:"snmp"`
	Credential  string `json:"credential"` // name of the one to which it answered
	Name        string `json:"name"`       // sysName
	SysObjectID string `json:"sys_object_id"`
	SysDescr    string `json:"sys_descr"`
	Vendor      string `json:"vendor"`
	Model       string `json:"model"`
	Profile     string `json:"profile"`
}
