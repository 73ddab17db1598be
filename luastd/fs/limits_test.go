package fs_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"moonlark/engine/permit"
	"moonlark/engine/testkit"
	"moonlark/luastd/luastdtest"
)

// truncate makes a file of this size, which is a hole.
func truncate(t *testing.T, path string, size int64) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	f, err := os.Create(path)
	if err == nil {
		err = f.Truncate(size)
		f.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
}

func check(t *testing.T, s *luastdtest.Script, rows ...[2]string) {
	t.Helper()
	for _, row := range rows {
		if got := s.Run("return " + row[0]); got != row[1] {
			t.Errorf("%s: got %.300s, want %s", row[0], got, row[1])
		}
	}
}

func TestTextsThatAreTooLarge(t *testing.T) {
	s := luastdtest.Open(t, luastdtest.Options{})
	truncate(t, filepath.Join(s.DataFolder, "8"), 8<<20)
	truncate(t, filepath.Join(s.DataFolder, "8+"), 8<<20+1)
	truncate(t, filepath.Join(s.DataFolder, "64+"), 64<<20+1)
	check(t, s,
		[2]string{`#fs.read("8")`, "8388608"},
		[2]string{`fs.read("8+")`, "nil, too_large: there are 8388609 bytes; the maximum is 8388608, too_large"},
		[2]string{`#fs.read("8+", {max = 64 * 2^20})`, "8388609"},
		[2]string{`fs.read("64+", {max = 64 * 2^20})`, "nil, too_large: there are 67108865 bytes; the maximum is 67108864, too_large"},
		[2]string{`fs.lines("8+")()`, "a.lua:1: fs.lines: too_large: a line has more than 1048576 bytes"},
		[2]string{`fs.open("8+"):read()`, "nil, too_large: a line has more than 1048576 bytes, too_large"},
		[2]string{`fs.open("8+"):lines()()`, "a.lua:1: file:lines: too_large: a line has more than 1048576 bytes"},
		[2]string{`fs.write("line", ("x"):rep(2^20) .. "\n"), #fs.lines("line")()`, "true, 1048576"},
		[2]string{`fs.write("line", ("x"):rep(2^20 + 1) .. "\n"), pcall(fs.lines("line"))`, "true, false, fs.lines: too_large: a line has more than 1048576 bytes"},
	)
	if !testing.Short() {
		const want = "nil, too_large: the text has 67108865 bytes; the maximum is 67108864, too_large"
		check(t, s,
			[2]string{`fs.open("64+"):read("*a")`, "nil, too_large: there are more than 67108864 bytes, too_large"},
			[2]string{`fs.write("x", ("x"):rep(64 * 2^20) .. "x")`, want},
			[2]string{`fs.append("x", ("x"):rep(64 * 2^20) .. "x")`, want},
			[2]string{`fs.open("x", "w"):write(("x"):rep(64 * 2^20) .. "x")`, want},
		)
	}
}

// Lines and reads that cross the ends of the blocks in which a file is read.
func TestLongFilesAreReadInBlocks(t *testing.T) {
	s := luastdtest.Open(t, luastdtest.Options{})
	var b strings.Builder
	lines := 0
	for ; b.Len() < 3<<20; lines++ {
		fmt.Fprintf(&b, "%d %s\n", lines, strings.Repeat("x", lines%1000))
	}
	if err := os.MkdirAll(s.DataFolder, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(s.DataFolder, "long"), []byte(b.String()), 0o644); err != nil {
		t.Fatal(err)
	}
	source := `
		local function count(lines)
			local n = 0
			for line in lines do
				local i, x = line:match("^(%d+) (x*)$")
				if tonumber(i) ~= n or #x ~= n % 1000 then return n .. ": " .. line end
				n = n + 1
			end
			return n
		end
		local f = fs.open("long")
		local all = count(f:lines())
		f:seek("set")
		local parts = {}
		for _, size in ipairs{1, 100000, 262144, 262145, 1000000} do parts[#parts + 1] = f:read(size) end
		local half = f:seek()
		parts[#parts + 1] = f:read("*a")
		return count(fs.lines("long")), all, half, table.concat(parts) == fs.read("long")`
	if got, want := s.Run(source), fmt.Sprintf("%d, %d, 1624290, true", lines, lines); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestTheNumberOfOpenFilesIsLimited(t *testing.T) {
	s := luastdtest.Open(t, luastdtest.Options{})
	check(t, s,
		[2]string{`fs.write("a", ""), fs.open("none") == nil, pcall(fs.open, "/etc/passwd") == false`, "true, true, true"},
		[2]string{`(function() files = {} for i = 1, 32 do files[i] = assert(fs.open("a")) end return #files end)()`, "32"},
		[2]string{`fs.open("a")`, "a.lua:1: fs.open: 32 files are open: close those that are not needed any more"},
		[2]string{`files[1]:close(), files[1]:close(), tostring(fs.open("a")), pcall(fs.open, "a")`, "true, true, file a (open), false, fs.open: 32 files are open: close those that are not needed any more"},
		[2]string{`(function() for i = 1, 100 do for line in fs.lines("a") do break end end return "lines keep no file open" end)()`, "lines keep no file open"},
	)
}

func TestTheNumberOfTemporaryFilesIsLimited(t *testing.T) {
	s := luastdtest.Open(t, luastdtest.Options{})
	check(t, s,
		[2]string{`(function() temps = {} for i = 1, 1000 do temps[i] = assert(fs.temp()) end return #temps end)()`, "1000"},
		[2]string{`fs.temp()`, "a.lua:1: fs.temp: there are 1000 temporary files: remove those that are not needed any more"},
		[2]string{`io.tmpfile()`, "nil, there are 1000 temporary files: remove those that are not needed any more, 24"},
		[2]string{`os.tmpname()`, "a.lua:1: os.tmpname: there are 1000 temporary files: remove those that are not needed any more"},
		[2]string{`os.remove(temps[3]), os.tmpname() ~= nil, pcall(fs.temp) == false`, "true, true, true"},
		[2]string{`fs.remove(temps[1]), fs.temp() ~= nil, pcall(fs.temp)`, "true, true, false, fs.temp: there are 1000 temporary files: remove those that are not needed any more"},
		[2]string{`fs.rename(temps[2], "kept"), fs.temp() ~= nil`, "true, true"},
	)
	s.Scripts.Close()
	if left, _ := os.ReadDir(filepath.Join(s.DataFolder, "tmp")); len(left) != 0 {
		t.Errorf("%d temporary files are left", len(left))
	}
	if _, err := os.Stat(filepath.Join(s.DataFolder, "kept")); err != nil {
		t.Error("a temporary file that was renamed has been removed")
	}
}

func TestTheSizeOfTheDataFolderIsLimited(t *testing.T) {
	s := luastdtest.Open(t, luastdtest.Options{})
	truncate(t, filepath.Join(s.DataFolder, "big"), permit.MaxData-64<<10)
	const full = "nil, full: the data folder of the script is full (the maximum is 256 MiB), full"
	check(t, s,
		[2]string{`fs.write("a", ("x"):rep(20000))`, "true"},
		[2]string{`fs.write("b", ("x"):rep(50000))`, full},
		[2]string{`fs.exists("b")`, "false"},
		[2]string{`fs.write("a", ("x"):rep(50000))`, "true"},
		[2]string{`fs.append("a", ("x"):rep(12000))`, full},
		[2]string{`fs.open("a", "a"):write(("x"):rep(12000))`, full},
		[2]string{`fs.open("a", "r+"):write(("x"):rep(50000))`, "true"},
		[2]string{`fs.copy("a", "c")`, full},
		[2]string{`fs.write("d", ""), fs.write("e", ""), fs.write("f", "")`, "true, true, " + full},
		[2]string{`fs.mkdir("f")`, full},
		[2]string{`fs.temp()`, full},
		[2]string{`fs.open("g", "w")`, full},
		[2]string{`fs.remove("big"), fs.write("b", ("x"):rep(50000))`, "true, true"},
	)
}

func TestTheNumberOfFilesIsLimited(t *testing.T) {
	if testing.Short() {
		t.Skip("creates 10,001 files")
	}
	dir := t.TempDir()
	for i := range 10001 {
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprint(i)), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	s := luastdtest.Open(t, luastdtest.Options{Permissions: permit.Settings{Grants: []permit.Grant{{Kind: permit.Write, Value: dir}}}})
	s.Run("dir = " + fmt.Sprintf("%q", dir))
	check(t, s,
		[2]string{`fs.list(dir)`, "nil, too_large: there are more than 10000 files, too_large"},
		[2]string{`#fs.list(dir, {limit = 20000})`, "10001"},
		[2]string{`fs.glob(dir .. "/*")`, "nil, too_large: the pattern matches more than 10000 paths, too_large"},
		[2]string{`#fs.glob(dir .. "/1*")`, "1112"},
		[2]string{`fs.watch(dir, print)`, "nil, too_large: there are more than 10000 files, too_large"},
		[2]string{`fs.remove(dir .. "/0"), tostring(fs.watch(dir, print))`, "true, watch " + dir},
	)
	os.WriteFile(filepath.Join(dir, "0"), nil, 0o644)
	testkit.Until(t, "a warning", func() bool {
		return strings.Contains(strings.Join(s.Output(), "\n"), "WARN: fs.watch "+dir+": too_large: there are more than 10000 files")
	})
}

func TestTheWorkOfGlobIsLimited(t *testing.T) {
	if testing.Short() {
		t.Skip("looks at 100,000 files")
	}
	s := luastdtest.Open(t, luastdtest.Options{})
	folder := s.DataFolder
	for range 15 {
		for i := range 100 {
			truncate(t, filepath.Join(folder, fmt.Sprint(i)), 0)
		}
		folder = filepath.Join(folder, "a")
	}
	check(t, s,
		[2]string{`#fs.glob("**/a/7")`, "14"},
		[2]string{`fs.glob("**/a/**/a/**/a/**/a/x")`, "nil, too_large: there are more than 100000 files to compare with the pattern, too_large"},
	)
}
