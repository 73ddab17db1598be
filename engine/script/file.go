package script

import "os"

// A File describes a file that a script depends on, at the time when the script was loaded.
type File struct {
	Path string
	Info os.FileInfo // nil if the file did not exist or could not be examined
}

// StatFile returns the present File at path.
func StatFile(path string) File {
	info, err := os.Stat(path)
	if err != nil {
		return File{Path: path}
	}
	return File{path, info}
}

// Same reports whether f and g describe the same content, as far as that can be known without
// reading: they are the same file on disk, with the same size and modification time, or both do not
// exist. The size and time are not enough: all files of a Nix store have the same time.
func (f File) Same(g File) bool {
	if f.Info == nil || g.Info == nil {
		return f.Info == nil && g.Info == nil
	}
	return f.Info.Size() == g.Info.Size() && f.Info.ModTime().Equal(g.Info.ModTime()) && os.SameFile(f.Info, g.Info)
}
