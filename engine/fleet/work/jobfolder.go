package work

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"moonlark/engine/durable"
	"moonlark/engine/tool"
)

const (
	// newSuffix ends the name of the file of a job that the hub may not have, and sentSuffix that of the
	// others.
	newSuffix, sentSuffix = ".new", ".sent"

	maxJobFile = 2 * tool.MaxOffloadedArguments // bytes of the file of a job
)

// A jobFolder has a file for each open job of a device. What a method has done survives a power failure
// when it returns.
type jobFolder string

// A jobFile is the content of the file of a job.
type jobFile struct {
	Tool    string          `json:"tool"`
	Args    json.RawMessage `json:"args"`
	Expires time.Time       `json:"expires"`
}

func (f jobFolder) path(name string) string { return filepath.Join(string(f), name) }

// make makes the folder, if there is none.
func (f jobFolder) make() error {
	if _, err := os.Stat(string(f)); err == nil {
		return nil
	}
	if err := os.MkdirAll(string(f), 0o700); err != nil {
		return err
	}
	return durable.SyncFolder(filepath.Dir(string(f)))
}

// add writes the file of a job that the hub does not have.
func (f jobFolder) add(id string, content jobFile) error {
	text, err := json.Marshal(content)
	if err != nil {
		return err
	}
	if err := f.make(); err != nil {
		return err
	}
	return durable.Replace(f.path(id+newSuffix), text)
}

// setSent records that the hub has the job.
func (f jobFolder) setSent(id string) error {
	if err := os.Rename(f.path(id+newSuffix), f.path(id+sentSuffix)); err != nil {
		return err
	}
	return durable.SyncFolder(string(f))
}

// remove deletes the file of a job.
func (f jobFolder) remove(id string) error {
	for _, suffix := range []string{newSuffix, sentSuffix} {
		if err := os.Remove(f.path(id + suffix)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	if err := durable.SyncFolder(string(f)); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// load returns the jobs in the folder. It deletes files that are damaged; the error is about them, or about
// the folder.
func (f jobFolder) load() (jobs []*openJob, problems error) {
	if err := durable.RemoveTemporary(string(f)); err != nil {
		return nil, err
	}
	entries, err := os.ReadDir(string(f))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	for _, e := range entries {
		id, isSent := strings.CutSuffix(e.Name(), sentSuffix)
		id, isNew := strings.CutSuffix(id, newSuffix)
		if !isSent && !isNew || CheckJobID(id) != nil || len(jobs) == tool.MaxJobs {
			continue
		}
		content, err := f.read(e.Name())
		if err != nil {
			problems = errors.Join(problems, fmt.Errorf("%s: %w", f.path(e.Name()), err), os.Remove(f.path(e.Name())))
			continue
		}
		deadline := content.Expires
		if latest := time.Now().Add(tool.MaxExpiry); deadline.After(latest) { // the clock was or is wrong
			deadline = latest
		}
		jobs = append(jobs, &openJob{id: id, tool: content.Tool, args: content.Args, deadline: deadline, sent: isSent, check: true})
	}
	return jobs, problems
}

func (f jobFolder) read(name string) (content jobFile, err error) {
	file, err := os.Open(f.path(name))
	if err != nil {
		return content, err
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, maxJobFile))
	if err == nil {
		err = json.Unmarshal(text, &content)
	}
	return content, err
}
