package web

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"path"
	"strings"
	"testing"
)

var fetch = flag.Bool("fetch", false, "download the libraries of lib/LIB.txt again and write their checksums")

// A library is one line of lib/LIB.txt.
type library struct{ file, version, member, licence, url, packageSum, fileSum string }

// libraries returns the lines of lib/LIB.txt, and the comment before them.
func libraries(t *testing.T) (all []library, comment string) {
	t.Helper()
	text, err := os.ReadFile("lib/LIB.txt")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, "#") {
			comment += line
			continue
		}
		fields := append(strings.Fields(line), "", "", "", "", "", "", "")
		all = append(all, library{fields[0], fields[1], fields[2], fields[3], fields[4], fields[5], fields[6]})
	}
	return all, comment
}

func TestLibrariesAreTheFilesOfTheirPackages(t *testing.T) {
	all, comment := libraries(t)
	if *fetch {
		var text strings.Builder
		text.WriteString(comment)
		for _, l := range all {
			download(t, &l)
			fmt.Fprintln(&text, l.file, l.version, l.member, l.licence, l.url, l.packageSum, l.fileSum)
		}
		if err := os.WriteFile("lib/LIB.txt", []byte(text.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		all, _ = libraries(t)
	}
	listed := map[string]bool{"lib/LIB.txt": true}
	for _, l := range all {
		listed[l.file] = true
		listed[licenceOf(l)] = true
		text, err := os.ReadFile(l.file)
		if err != nil {
			t.Error(err)
		} else if sum := fmt.Sprintf("%x", sha256.Sum256(text)); sum != l.fileSum {
			t.Errorf("%s was changed: its SHA-256 is %s, want %s", l.file, sum, l.fileSum)
		}
		if text, err := os.ReadFile(licenceOf(l)); err != nil || len(text) < 500 {
			t.Errorf("%s has no licence beside it: %v", l.file, err)
		}
	}
	for _, folder := range []string{"lib", "fonts"} {
		entries, err := os.ReadDir(folder)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			if name := path.Join(folder, e.Name()); !listed[name] {
				t.Errorf("%s is not in lib/LIB.txt", name)
			}
		}
	}
}

// licenceOf returns the file that has the licence of a library.
func licenceOf(l library) string {
	return strings.TrimSuffix(l.file, path.Ext(l.file)) + ".LICENSE.txt"
}

// download writes the file of a library and its licence from its package, and sets the checksums of l.
func download(t *testing.T, l *library) {
	t.Helper()
	answer, err := http.Get(l.url)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	archive, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s %v", l.url, answer.Status, err)
	}
	l.packageSum = fmt.Sprintf("%x", sha256.Sum256(archive))
	zipped, err := gzip.NewReader(bytes.NewReader(archive))
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for members := tar.NewReader(zipped); ; {
		header, err := members.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		var name string
		switch header.Name {
		case "package/" + l.member:
			name = l.file
		case "package/LICENSE":
			name = licenceOf(*l)
		default:
			continue
		}
		found++
		text, err := io.ReadAll(members)
		if err != nil {
			t.Fatal(err)
		}
		if name == l.file && strings.HasSuffix(name, ".js") {
			text = []byte(withLocalImports(string(text)))
		}
		if name == l.file {
			l.fileSum = fmt.Sprintf("%x", sha256.Sum256(text))
		}
		if err := os.WriteFile(name, text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if found != 2 {
		t.Fatalf("%s has no %s or no licence", l.url, l.member)
	}
}

// withLocalImports returns a module that imports the files of the folder lib instead of packages, and
// has no source map.
func withLocalImports(text string) string {
	text = strings.NewReplacer(`"preact"`, `"./preact.js"`, `"preact/hooks"`, `"./hooks.js"`,
		`"@preact/signals-core"`, `"./signals-core.js"`).Replace(text)
	before, _, _ := strings.Cut(text, "//# sourceMappingURL=")
	return strings.TrimSuffix(before, "\n") + "\n"
}
