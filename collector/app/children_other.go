//go:build !linux

package app

import "os/exec"

// endWithParent does nothing where the kernel cannot tie a child to its parent.
func endWithParent(*exec.Cmd) {}
