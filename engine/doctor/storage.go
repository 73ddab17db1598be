package doctor

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// A mount is a file system in the tree of folders.
type mount struct {
	folder, kind string
	readOnly     bool
}

// mounts returns the file systems of the machine, in the order in which they were mounted.
func (d Device) mounts() (all []mount) {
	for line := range strings.Lines(d.read("proc/self/mounts")) {
		fields := strings.Fields(line)
		if len(fields) < 4 {
			continue
		}
		folder := strings.NewReplacer(`\040`, " ", `\011`, "\t", `\134`, `\`).Replace(fields[1])
		all = append(all, mount{folder, fields[2], slices.Contains(strings.Split(fields[3], ","), "ro")})
	}
	return all
}

// mountOf returns the file system that has path, and false if it is not known.
func mountOf(all []mount, path string) (found mount, ok bool) {
	for _, m := range all {
		inside := m.folder == path || m.folder == "/" || strings.HasPrefix(path, m.folder+"/")
		if inside && len(m.folder) >= len(found.folder) { // a later one hides an earlier one
			found, ok = m, true
		}
	}
	return found, ok
}

// checkStorage reports whether the scripts can keep their data: whether the file system is writable,
// survives a power cut, and has space.
func (c *checker) checkStorage(d Device) {
	const (
		group = "machine"
		fix   = "delete what is not needed: journalctl --vacuum-size=50M, apt-get clean; du -xh / | sort -h | tail shows large folders"
		// The disk is nearly full with less than few bytes, or less than 5 % of it, but never with
		// muchSpace bytes.
		few       = 100 << 20
		muchSpace = 1 << 30
		none      = 5 << 20 // scripts cannot save
	)
	folder := "/"
	for _, s := range c.Scripts {
		if s.DataFolder != "" {
			folder = s.DataFolder
			break
		}
	}
	c.checkMounts(d, folder)
	free, total, err := d.Space(existing(folder))
	if err != nil || total == 0 {
		return
	}
	text := fmt.Sprintf("%d MiB of %d MiB are free for %s", free>>20, total>>20, folder)
	switch {
	case free < none:
		c.fail(group, "disk", text+": it is full, and scripts cannot save", fix)
	case free < few || free < min(total/20, muchSpace):
		c.warn(group, "disk", text+": nearly full", fix)
	default:
		c.ok(group, "disk", text)
	}
}

// checkMounts reports whether the root and the data folder can be written, and whether what is
// written there survives a power cut.
func (c *checker) checkMounts(d Device, folder string) {
	const group = "machine"
	all := d.mounts()
	root, hasRoot := mountOf(all, "/")
	if hasRoot && root.readOnly {
		c.ok(group, "root", "is read-only, so a power cut does not damage it")
	}
	data, ok := mountOf(all, folder)
	inMemory := data.kind == "tmpfs" || data.kind == "overlay" && strings.Contains(d.read("proc/cmdline"), "overlay")
	switch {
	case !ok || folder == "/":
	case data.readOnly:
		c.fail(group, "data folder", folder+" is on a file system that is read-only: scripts cannot save",
			"mount a writable file system there, or name another folder with --data; if the system was writable before, look for errors of the disk")
	case inMemory:
		c.warn(group, "data folder", folder+" is in memory: what scripts save is lost when the device is switched off",
			"mount a partition there, or name another folder with --data")
	}
}

// existing returns path, or the innermost folder above it that exists.
func existing(path string) string {
	for {
		_, err := os.Stat(path)
		if parent := filepath.Dir(path); err != nil && parent != path {
			path = parent
			continue
		}
		return path
	}
}
