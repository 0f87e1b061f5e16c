package up

import (
	"os/exec"
	"syscall"
)

// endWithParent has the kernel end the agent when the collector is killed. The process group of its own keeps
// a Ctrl-C at the terminal from reaching it: the collector ends it, after it has taken its last records.
func endWithParent(command *exec.Cmd) {
	command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM, Setpgid: true}
}
