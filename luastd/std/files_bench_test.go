package std_test

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"moonlark/luastd/luastdtest"
)

// benchLines is how many lines the file of BenchmarkFiles has.
const benchLines = 1000

// BenchmarkFiles writes and reads a file of 1000 lines b.N times, in Lua and in Go.
func BenchmarkFiles(b *testing.B) {
	for _, row := range []struct{ name, lua string }{
		{"write", `local f = io.open("a.txt", "w") for n = 1, 1000 do f:write("line ", n, "\n") end f:close()`},
		{"lines", `for line in io.lines("a.txt") do n = #line end`},
		{"read all", `local f = io.open("a.txt") n = #f:read("*a") f:close()`},
	} {
		b.Run("Lua/"+row.name, func(b *testing.B) {
			s := luastdtest.Open(b, luastdtest.Options{})
			s.Run(`local f = io.open("a.txt", "w") for n = 1, 1000 do f:write("line ", n, "\n") end f:close()`)
			b.ResetTimer()
			if got := s.Run(fmt.Sprintf(`for i = 1, %d do %s end`, b.N, row.lua)); got != "" {
				b.Fatal(got)
			}
		})
	}
	path := filepath.Join(b.TempDir(), "a.txt")
	b.Run("Go/write", func(b *testing.B) {
		for b.Loop() {
			f, err := os.Create(path)
			if err != nil {
				b.Fatal(err)
			}
			w := bufio.NewWriter(f)
			for n := range benchLines {
				fmt.Fprintln(w, "line", n+1)
			}
			w.Flush()
			f.Close()
		}
	})
	b.Run("Go/lines", func(b *testing.B) {
		for b.Loop() {
			f, err := os.Open(path)
			if err != nil {
				b.Fatal(err)
			}
			for lines := bufio.NewScanner(f); lines.Scan(); {
				_ = len(lines.Text())
			}
			f.Close()
		}
	})
	b.Run("Go/read all", func(b *testing.B) {
		for b.Loop() {
			if _, err := os.ReadFile(path); err != nil {
				b.Fatal(err)
			}
		}
	})
}
