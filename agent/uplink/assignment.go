package uplink

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"time"

	"google.golang.org/protobuf/proto"

	"ninewatch/internal/conf"
	"ninewatch/internal/record"
	"ninewatch/internal/telemetry"
	telemetryv1 "ninewatch/proto/telemetry/v1"
)

// assignmentFile holds the SHA-256 of what follows, and one AssignmentChunk with everything. It has
// secrets in it: mode 0600.
const assignmentFile = "assignment"

// assembly collects the chunks of an assignment, which come in order.
type assembly struct {
	whole *telemetryv1.AssignmentChunk
	next  uint32
	size  int
}

// add returns the whole assignment when chunk was its last part.
func (a *assembly) add(chunk *telemetryv1.AssignmentChunk) (*telemetryv1.AssignmentChunk, error) {
	if chunk.GetChunk() == 0 {
		*a = assembly{whole: &telemetryv1.AssignmentChunk{Term: chunk.GetTerm(), N: chunk.GetN(), Chunks: 1}}
	}
	w := a.whole
	switch {
	case w == nil || chunk.GetChunk() != a.next || chunk.GetTerm() != w.GetTerm() || chunk.GetN() != w.GetN():
		*a = assembly{}
		return nil, fmt.Errorf("chunk %d of assignment (%d, %d) out of turn", chunk.GetChunk(), chunk.GetTerm(), chunk.GetN())
	case chunk.GetChunks() == 0 || chunk.GetChunks() > maxChunks || chunk.GetChunk() >= chunk.GetChunks():
		*a = assembly{}
		return nil, fmt.Errorf("assignment (%d, %d) of %d chunks", chunk.GetTerm(), chunk.GetN(), chunk.GetChunks())
	}
	a.next++
	if a.size += proto.Size(chunk); a.size > maxAssignment {
		*a = assembly{}
		return nil, fmt.Errorf("assignment (%d, %d) exceeds %d bytes", chunk.GetTerm(), chunk.GetN(), maxAssignment)
	}
	w.Devices = append(w.Devices, chunk.GetDevices()...)
	w.Credentials = append(w.Credentials, chunk.GetCredentials()...)
	w.Targets = append(w.Targets, chunk.GetTargets()...)
	w.Scans = append(w.Scans, chunk.GetScans()...)
	if a.next < chunk.GetChunks() {
		return nil, nil
	}
	*a = assembly{}
	return w, nil
}

// assignmentFromWire checks an assignment. What is wrong with a part is a problem of that part alone.
func assignmentFromWire(w *telemetryv1.AssignmentChunk) (a telemetry.Assignment, problems []string) {
	a = telemetry.Assignment{Term: w.GetTerm(), N: w.GetN(), Credentials: map[string]telemetry.Credential{}}
	for _, c := range w.GetCredentials() {
		a.Credentials[c.GetName()] = telemetry.Credential{
			Version:        c.GetVersion(),
			Community:      conf.Secret(c.GetCommunity()),
			Username:       c.GetUsername(),
			AuthProtocol:   c.GetAuthProtocol(),
			AuthPassphrase: conf.Secret(c.GetAuthPassphrase()),
			PrivProtocol:   c.GetPrivProtocol(),
			PrivPassphrase: conf.Secret(c.GetPrivPassphrase()),
			Context:        c.GetContext(),
		}
	}
	for _, w := range w.GetDevices() {
		d, err := deviceFromWire(w, a.Credentials)
		if err != nil {
			problems = append(problems, fmt.Sprintf("device %q: %v", w.GetName(), err))
			continue
		}
		a.Devices = append(a.Devices, d)
	}
	for _, w := range w.GetTargets() {
		t, err := targetFromWire(w)
		if err != nil {
			problems = append(problems, fmt.Sprintf("%s %q: %v", w.GetKind(), w.GetName(), err))
			continue
		}
		a.Targets = append(a.Targets, t)
	}
	for _, w := range w.GetScans() {
		s, err := record.ScanFromWire(w)
		if err != nil {
			problems = append(problems, fmt.Sprintf("scan %q: %v", w.GetId(), err))
			continue
		}
		a.Scans = append(a.Scans, s)
	}
	return a, problems
}

// longestInterval is that of any probe.
const longestInterval = int64(24 * time.Hour / time.Millisecond)

func targetFromWire(w *telemetryv1.Target) (telemetry.Target, error) {
	switch {
	case w.GetName() == "" || w.GetKind() == "" || w.GetAddress() == "":
		return telemetry.Target{}, errors.New("has no name, no kind or no address")
	case w.GetIntervalMs() < 0 || w.GetIntervalMs() > longestInterval:
		return telemetry.Target{}, fmt.Errorf("interval of %d ms", w.GetIntervalMs())
	case w.GetPayload() > telemetry.MaxPayload:
		return telemetry.Target{}, fmt.Errorf("payload of %d octets, at most %d fit into a packet", w.GetPayload(), telemetry.MaxPayload)
	case w.GetDscp() > 63:
		return telemetry.Target{}, fmt.Errorf("DSCP %d, at most 63", w.GetDscp())
	}
	return telemetry.Target{
		Name: w.GetName(), Kind: w.GetKind(), Device: w.GetDevice(), Address: w.GetAddress(),
		Interval: time.Duration(w.GetIntervalMs()) * time.Millisecond,
		Payload:  int(w.GetPayload()), DSCP: uint8(w.GetDscp()), DontFragment: w.GetDontFragment(),
	}, nil
}

func deviceFromWire(w *telemetryv1.Device, credentials map[string]telemetry.Credential) (telemetry.AssignedDevice, error) {
	d := telemetry.AssignedDevice{
		Name:         w.GetName(),
		Address:      w.GetAddress(),
		Port:         uint16(w.GetPort()), // checked below
		Credential:   w.GetCredential(),
		Profile:      w.GetProfile(),
		SNMPInterval: time.Duration(w.GetSnmpIntervalMs()) * time.Millisecond,
		ICMPInterval: time.Duration(w.GetIcmpIntervalMs()) * time.Millisecond,
		Parents:      w.GetParents(),
		Ignored:      w.GetIgnored(),
	}
	switch _, known := credentials[d.Credential]; {
	case d.Name == "" || d.Address == "":
		return d, errors.New("has no name or no address")
	case w.GetPort() > math.MaxUint16:
		return d, fmt.Errorf("has port %d", w.GetPort())
	case d.Credential != "" && !known:
		return d, fmt.Errorf("its credential %q did not come along", d.Credential)
	case d.Credential != "" && (w.GetSnmpIntervalMs() <= 0 || w.GetSnmpIntervalMs() > longestInterval):
		return d, fmt.Errorf("SNMP interval of %d ms", w.GetSnmpIntervalMs())
	case w.GetIcmpIntervalMs() < 0 || w.GetIcmpIntervalMs() > longestInterval:
		return d, fmt.Errorf("ICMP interval of %d ms", w.GetIcmpIntervalMs())
	}
	var err error
	d.Interfaces, err = record.InterfacesFromWire(w.GetInterfaces())
	return d, err
}

func saveAssignment(dir string, w *telemetryv1.AssignmentChunk) error {
	b, err := proto.Marshal(w)
	if err != nil {
		return err
	}
	sum := sha256.Sum256(b)
	if err := writeFile(filepath.Join(dir, assignmentFile), append(sum[:], b...)); err != nil {
		return fmt.Errorf("keep the assignment: %w", err)
	}
	return nil
}

// loadAssignment returns nil when there is none.
func loadAssignment(dir string) (*telemetryv1.AssignmentChunk, error) {
	path := filepath.Join(dir, assignmentFile)
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the last assignment: %w", err)
	}
	if len(b) < sha256.Size || [sha256.Size]byte(b[:sha256.Size]) != sha256.Sum256(b[sha256.Size:]) {
		return nil, fmt.Errorf("the last assignment in %q is damaged: the collector will send it again", path)
	}
	w := &telemetryv1.AssignmentChunk{}
	if err := proto.Unmarshal(b[sha256.Size:], w); err != nil {
		return nil, fmt.Errorf("read the last assignment %q: %w", path, err)
	}
	return w, nil
}
