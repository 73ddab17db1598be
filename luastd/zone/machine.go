package zone

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// checkInterval is the time between two checks whether the time zone of the machine has changed.
const checkInterval = time.Second

// A machine finds the time zone of the machine as the C library does. Package time does it too, but
// only once, and without the zones that POSIX describes as text, and it takes UTC when it does not
// find the zone. One goroutine at a time may use a machine.
type machine struct {
	root string            // the folder of etc: "/", but in tests
	warn func(text string) // gets the reason why the zone is not known

	location *time.Location // as of the last check; nil before the first
	source   zoneSource     // where location came from
	checked  time.Time      // when the last check was
	warned   string         // the last text that warn was called with
}

// A zoneSource says where the time zone is described.
type zoneSource struct {
	variable string      // value of the environment variable TZ
	set      bool        // the variable TZ is set
	path     string      // path of the file with the zone; empty if there is none
	target   string      // target of the file, if it is a symbolic link
	info     os.FileInfo // description of the file; nil if it cannot be examined
}

// now returns the time zone of the machine at present.
func (z *machine) now() *time.Location {
	if z.location != nil && time.Since(z.checked) < checkInterval {
		return z.location
	}
	z.checked = time.Now()
	source := z.find()
	if z.location != nil && source.same(z.source) {
		return z.location
	}
	location, err := source.load()
	if err != nil {
		location = time.UTC
		if text := fmt.Sprintf("dates and times are in UTC: %v", err); text != z.warned {
			z.warned = text
			z.warn(text)
		}
	}
	if location == time.UTC {
		location = newUTC()
	}
	z.source, z.location = source, location
	return location
}

// find finds out where the time zone is described.
func (z *machine) find() zoneSource {
	var s zoneSource
	if s.variable, s.set = os.LookupEnv("TZ"); s.set {
		if name := strings.TrimPrefix(s.variable, ":"); filepath.IsAbs(name) {
			s.path = name
		}
	} else if runtime.GOOS != "windows" {
		s.path = filepath.Join(z.root, "etc/localtime")
		if _, err := os.Lstat(s.path); err != nil {
			s.path = filepath.Join(z.root, "etc/TZ") // of OpenWrt and other small systems
		}
	}
	if s.path != "" {
		s.target, _ = os.Readlink(s.path)
		s.info, _ = os.Stat(s.path)
	}
	return s
}

// same reports whether s and t describe the same zone. A file that was replaced is another one.
func (s zoneSource) same(t zoneSource) bool {
	if s.variable != t.variable || s.set != t.set || s.path != t.path || s.target != t.target || (s.info == nil) != (t.info == nil) {
		return false
	}
	return s.info == nil || os.SameFile(s.info, t.info) && s.info.ModTime().Equal(t.info.ModTime()) && s.info.Size() == t.info.Size()
}

// load returns the zone that s describes. It returns UTC if the machine has no zone.
func (s zoneSource) load() (*time.Location, error) {
	switch {
	case s.path == "" && !s.set:
		return time.Local, nil // Windows does not describe its zone in a file
	case s.path == "":
		name := strings.TrimPrefix(s.variable, ":")
		if location, ok := namedZone(name); ok {
			return location, nil
		}
		return nil, fmt.Errorf("TZ is %q, which is not a time zone", s.variable)
	}
	data, err := os.ReadFile(s.path)
	if err == nil {
		if location, err := time.LoadLocationFromTZData(s.name(data), data); err == nil {
			return location, nil
		}
		if location, ok := namedZone(string(bytes.TrimSpace(data))); ok && len(data) > 0 {
			return location, nil // the text of etc/TZ
		}
		return nil, fmt.Errorf("%s does not describe a time zone", s.path)
	}
	if location, ok := s.fromPath(); ok { // a file that is not installed
		return location, nil
	}
	if !s.set && s.target == "" && os.IsNotExist(err) {
		return time.UTC, nil
	}
	return nil, err
}

// fromPath returns the zone that the path of the file names. ok is false if it names none.
func (s zoneSource) fromPath() (location *time.Location, ok bool) {
	for _, path := range []string{s.target, s.path} {
		if _, name, ok := strings.Cut(path, "zoneinfo/"); ok {
			if location, ok := namedZone(name); ok {
				return location, true
			}
		}
	}
	return nil, false
}

// name returns a name for the zone that is described by data, the content of the file. It is a name
// that namedZone knows if the path of the file names the zone, or if data ends in a description of
// POSIX.
func (s zoneSource) name(data []byte) string {
	if location, ok := s.fromPath(); ok {
		return location.String()
	}
	lines := strings.Split(string(data), "\n")
	if len(lines) >= 3 && lines[len(lines)-1] == "" {
		if description := lines[len(lines)-2]; description != "" {
			if _, ok := posixZone(description); ok {
				return description
			}
		}
	}
	return localName
}

// namedZone returns the zone with a name such as "Europe/Berlin", or with a description of POSIX,
// such as "CET-1CEST,M3.5.0,M10.5.0/3". ok is false if there is no such zone.
func namedZone(name string) (location *time.Location, ok bool) {
	if location, err := time.LoadLocation(name); err == nil && location != time.Local {
		return location, true
	}
	return posixZone(name)
}

// posixZone returns the zone with this description of POSIX. ok is false if the description is
// wrong.
func posixZone(description string) (location *time.Location, ok bool) {
	if strings.ContainsAny(description, "\n\x00") {
		return nil, false
	}
	location, err := time.LoadLocationFromTZData(description, posixFile(description))
	if err != nil {
		return nil, false
	}
	name, _ := time.Now().In(location).Zone()
	return location, name != "-00"
}

// posixFile returns the content of a zone file with this description of POSIX. Package time
// understands such a description at the end of a file of version 2, behind the list of changes.
// Here the list is empty, and the only zone has the name "-00", which shows that the description
// could not be used.
func posixFile(description string) []byte {
	var file bytes.Buffer
	header := append([]byte("TZif2"), make([]byte, 15)...)
	file.Write(append(header, make([]byte, 6*4)...)) // the data of version 1: nothing
	file.Write(header)
	binary.Write(&file, binary.BigEndian, [6]uint32{4: 1, 5: 4}) // one zone, and 4 bytes of names
	file.Write(make([]byte, 6))                                  // the zone: offset 0, no summer time, name at byte 0
	file.WriteString("-00\x00\n" + description + "\n")
	return file.Bytes()
}
