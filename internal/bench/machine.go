package bench

import (
	"bufio"
	"os"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Machine is where it was measured.
type Machine struct {
	CPU        string  `json:"cpu"`
	Processors int     `json:"processors"`
	MemoryGiB  float64 `json:"memory_gib"`
	Kernel     string  `json:"kernel"`
	Go         string  `json:"go"`
	Disk       string  `json:"disk"` // the file system of temporary files
}

func thisMachine() Machine {
	kernel, _ := os.ReadFile("/proc/sys/kernel/osrelease")
	kib, _ := strconv.ParseFloat(strings.TrimSuffix(field("/proc/meminfo", "MemTotal"), " kB"), 64)
	return Machine{
		CPU: field("/proc/cpuinfo", "model name"), Processors: runtime.NumCPU(), MemoryGiB: kib / (1 << 20),
		Kernel: runtime.GOOS + " " + strings.TrimSpace(string(kernel)), Go: runtime.Version(), Disk: fileSystem(os.TempDir()),
	}
}

// field is the value of the first "name : value" line of a file of /proc; empty
// where there is none.
func field(path, name string) string {
	f, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		key, value, _ := strings.Cut(lines.Text(), ":")
		if strings.TrimSpace(key) == name {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// fileSystem names what a folder lies on: a commit on tmpfs costs no disk.
func fileSystem(folder string) string {
	var s syscall.Statfs_t
	if err := syscall.Statfs(folder, &s); err != nil {
		return "unknown"
	}
	switch uint32(s.Type) {
	case 0xEF53:
		return "ext4"
	case 0x58465342:
		return "xfs"
	case 0x9123683E:
		return "btrfs"
	case 0x794C7630:
		return "overlay"
	case 0x01021994:
		return "tmpfs (in memory: commits cost no disk)"
	}
	return "0x" + strconv.FormatInt(int64(uint32(s.Type)), 16)
}

func loadAverage() string {
	text, _ := os.ReadFile("/proc/loadavg")
	if f := strings.Fields(string(text)); len(f) >= 3 {
		return strings.Join(f[:3], " ")
	}
	return "unknown"
}

// tick is the kernel's unit of CPU time in /proc, USER_HZ, which is 100 everywhere
// Go runs.
const tick = 10 * time.Millisecond

// cpuOf is the CPU time that a process has used so far; 0 for one that is gone.
func cpuOf(pid int) time.Duration {
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return 0
	}
	_, after, _ := strings.Cut(string(text), ") ") // the name before may hold anything
	f := strings.Fields(after)
	if len(f) < 13 {
		return 0
	}
	user, _ := strconv.ParseInt(f[11], 10, 64)
	system, _ := strconv.ParseInt(f[12], 10, 64)
	return time.Duration(user+system) * tick
}

// cpuOfAll is the CPU time that the machine has used for anything, and what a
// hypervisor took away from it.
func cpuOfAll() (busy, stolen time.Duration) {
	f, err := os.Open("/proc/stat")
	if err != nil {
		return 0, 0
	}
	defer f.Close()
	line, _ := bufio.NewReader(f).ReadString('\n')
	for i, v := range strings.Fields(line) {
		n, _ := strconv.ParseInt(v, 10, 64)
		switch i {
		case 1, 2, 3, 6, 7: // user, nice, system, irq, softirq
			busy += time.Duration(n) * tick
		case 8:
			stolen = time.Duration(n) * tick
		}
	}
	return busy, stolen
}

// rss is the memory of a process that lies in RAM, in bytes.
func rss(pid int) float64 {
	kib, _ := strconv.ParseFloat(strings.TrimSuffix(field("/proc/"+strconv.Itoa(pid)+"/status", "VmRSS"), " kB"), 64)
	return kib * 1024
}

// cpuOfSelf is finer than what /proc tells of others.
func cpuOfSelf() time.Duration {
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		return 0
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}
