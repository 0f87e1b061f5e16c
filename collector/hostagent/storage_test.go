package hostagent

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// points are the mount points that candidates finds in text, in order.
func points(t *testing.T, text string) []string {
	t.Helper()
	mounts, err := parseMountInfo([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, m := range candidates(mounts) {
		out = append(out, m.point)
	}
	return out
}

func TestCandidates(t *testing.T) {
	f := func(text string, want ...string) {
		t.Helper()
		if diff := cmp.Diff(want, points(t, text)); diff != "" {
			t.Error(diff)
		}
	}
	// A server: what has no block device is left out.
	f(`21 26 0:20 / /proc rw - proc proc rw
23 26 0:6 / /dev rw - devtmpfs devtmpfs rw
24 23 0:22 / /dev/shm rw - tmpfs tmpfs rw
26 1 254:0 / / rw - ext4 /dev/vda rw
41 26 254:0 /run/netns /run/netns rw - ext4 /dev/vda rw
42 26 8:17 / /srv/data rw - xfs /dev/sdb1 rw
43 26 8:18 / /boot rw - ext4 /dev/sdb2 rw
44 26 7:0 / /snap/core/1 ro - squashfs /dev/loop0 ro
45 26 0:50 / /net/share rw - nfs4 192.0.2.1:/share rw
46 26 0:51 / /run/user/1000/doc rw - fuse.portal /dev/fuse rw
47 26 0:52 / /tmp rw - tmpfs /dev/sdc1 rw`, "/", "/boot", "/srv/data", "/run/netns")
	// A container: the root is an overlay, files and folders come from the host's disk.
	f(`1 0 0:99 / / rw - overlay overlay rw,lowerdir=/x
2 1 254:1 /var/lib/docker/containers/a/hosts /etc/hosts rw - ext4 /dev/vda1 rw
3 1 254:1 /var/lib/docker/volumes/a/_data /data rw - ext4 /dev/vda1 rw`, "/", "/data", "/etc/hosts")
	// btrfs and ZFS have no device numbers of their own; the initial rootfs is hidden by what is on top.
	f(`1 1 0:2 / / rw - rootfs rootfs rw
2 1 0:30 /@ / rw - btrfs /dev/sda2 rw
3 2 0:30 /@home /home rw - btrfs /dev/sda2 rw
4 2 0:31 / /tank rw - zfs tank rw`, "/", "/tank", "/home")
	// Of two mounts in one place only the upper can be seen.
	f("1 0 8:1 / /mnt rw - ext4 /dev/sda1 rw\n2 1 0:5 / /mnt rw - tmpfs tmpfs rw")
	f("")
}

func TestMeasure(t *testing.T) {
	mounts := []mount{
		{254, "/", "/", "ext4", "/dev/vda"},
		{8, "/hosts", "/etc/hosts", "ext4", "/dev/sdb"},
		{8, "/data", "/data", "ext4", "/dev/sdb"},
		{254, "/x", "/again", "ext4", "/dev/vda"},
		{8, "/", "/broken", "ext4", "/dev/sdc"},
		{8, "/", "/empty", "ext4", "/dev/sdd"},
		{8, "/", "/huge", "xfs", "/dev/sde"},
	}
	broken := errors.New("input/output error")
	rows, err := measure(mounts, func(point string) (space, error) {
		switch point {
		case "/etc/hosts":
			return space{}, errNoFolder
		case "/broken":
			return space{}, broken
		case "/empty":
			return space{4096, 0, 0}, nil
		case "/huge":
			return space{4096, 1 << 34, 1 << 33}, nil // 64 TiB
		}
		return space{4096, 1000, 10}, nil
	})
	if want := `file system "/broken": input/output error`; errText(err) != want {
		t.Errorf("got error %q, want %q", errText(err), want)
	}
	want := []store{
		{705468510, hrStorageFixedDisk, "/", 4096, 1000, 10},
		{rows[1].index, hrStorageFixedDisk, "/data", 4096, 1000, 10},
		{rows[2].index, hrStorageFixedDisk, "/huge", 65536, 1 << 30, 1 << 29},
	}
	if diff := cmp.Diff(want, rows, cmp.AllowUnexported(store{})); diff != "" {
		t.Error(diff)
	}
}

func TestNumberStays(t *testing.T) {
	all := []store{{descr: "/"}, {descr: "/srv"}, {descr: "/boot"}}
	number(all)
	fewer := []store{{descr: "/srv"}, {descr: "/"}}
	number(fewer)
	if all[0].index != fewer[0].index || all[2].index != fewer[1].index || all[2].descr != "/srv" {
		t.Errorf("got %+v and %+v, want the same indexes", all, fewer)
	}
}

func TestMemoryRows(t *testing.T) {
	f := func(m memory, want ...store) {
		t.Helper()
		if diff := cmp.Diff(want, m.stores(), cmp.AllowUnexported(store{})); diff != "" {
			t.Errorf("%+v: %s", m, diff)
		}
	}
	f(memory{24683620, 23492552, 0, 0}, store{1, hrStorageRAM, "Physical memory", 1024, 24683620, 1191068})
	f(memory{1000, 100, 200, 150}, store{1, hrStorageRAM, "Physical memory", 1024, 1000, 900},
		store{10, hrStorageVirtualMemory, "Swap space", 1024, 200, 50})
	f(memory{total: 1 << 32}, store{1, hrStorageRAM, "Physical memory", 4096, 1 << 30, 1 << 30}) // 4 TiB
	f(memory{})
}

// TestFit: what fits stays, what does not keeps its size but for less than two units.
func TestFit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := space{unit: 1 << rapid.IntRange(9, 16).Draw(t, "unit"), size: rapid.Uint64Range(1, 1<<44).Draw(t, "size")}
		in.used = rapid.Uint64Range(0, in.size).Draw(t, "used")
		out := in.fit()
		checkRow(t, store{index: 1, unit: out.unit, size: out.size, used: out.used})
		if in.size < 1<<31 && out != in {
			t.Fatalf("got %+v, want %+v unchanged", out, in)
		}
		lost := in.unit*in.size - out.unit*out.size
		if lost >= 2*out.unit {
			t.Fatalf("got %+v for %+v: %d octets are lost", out, in, lost)
		}
	})
}
