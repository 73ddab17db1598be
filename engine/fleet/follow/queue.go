package follow

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"moonlark/engine/durable"
	"moonlark/engine/fleet/message"
)

const (
	maxQueue = 4 << 20 // bytes of all records
	// recordCost is the memory of a record besides its text, in bytes.
	recordCost = 100
	spoolFile  = "records.jsonl"
)

// A record is one that is to be sent.
type record struct {
	kind message.Kind
	id   string
	text []byte // JSON
}

// cost returns how much of maxQueue the record takes.
func (r record) cost() int { return len(r.text) + recordCost }

// A queue keeps the newest records until the hub has acknowledged them. Any goroutine may use it.
type queue struct {
	wake chan struct{} // has a value when there may be a new record

	mu      sync.Mutex // guards the fields below
	records []record
	bytes   int
	lost    int  // how many records were dropped
	dirty   bool // the records may not be those in the spool
	spooled bool // the spool may have records
}

func newQueue() *queue { return &queue{wake: make(chan struct{}, 1)} }

// put adds a record. It drops the oldest ones if there is no room, and a record that the hub would refuse
// because it is too long.
func (q *queue) put(r record) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.dirty = true
	if len(r.text) > message.MaxRecord {
		q.lost++
		return
	}
	q.records = append(q.records, r)
	for q.bytes += r.cost(); q.bytes > maxQueue; q.lost++ {
		q.dropFirst()
	}
	signal(q.wake)
}

// dropFirst removes the oldest record. q.mu must be locked.
func (q *queue) dropFirst() {
	q.bytes -= q.records[0].cost()
	q.records[0] = record{}
	q.records = q.records[1:]
	q.dirty = true
}

// first returns the oldest record, or false if there is none.
func (q *queue) first() (r record, ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.records) == 0 {
		return r, false
	}
	return q.records[0], true
}

// remove removes the record with this ID if it is the oldest. If it was not sent, it counts as dropped.
func (q *queue) remove(id string, sent bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.records) == 0 || q.records[0].id != id {
		return
	}
	q.dropFirst()
	if !sent {
		q.lost++
	}
}

// dropped returns how many records were dropped.
func (q *queue) dropped() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.lost
}

// A spooled is a line of the file in the spool.
type spooled struct {
	Kind   message.Kind    `json:"kind"`
	ID     string          `json:"id"`
	Record json.RawMessage `json:"record"`
}

// save writes the records into the file of the spool, in one step, if they have changed.
func (q *queue) save(folder string) error {
	q.mu.Lock()
	dirty := q.dirty && (q.spooled || len(q.records) > 0)
	q.dirty, q.spooled = false, len(q.records) > 0
	var text bytes.Buffer
	for _, r := range q.records {
		line, err := json.Marshal(spooled{r.kind, r.id, r.text})
		if err == nil {
			text.Write(append(line, '\n'))
		}
	}
	q.mu.Unlock()
	if !dirty {
		return nil
	}
	err := writeSpool(folder, text.Bytes())
	if err != nil {
		q.mu.Lock()
		q.dirty, q.spooled = true, true // the old file may still be there
		q.mu.Unlock()
	}
	return err
}

// writeSpool writes the file of the spool. It returns when the file is on the disk.
func writeSpool(folder string, text []byte) error {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	return durable.Replace(filepath.Join(folder, spoolFile), text)
}

// load adds the records of the file in the spool. It returns an error if the file is damaged, and adds
// the records before the damage.
func (q *queue) load(folder string) error {
	if err := durable.RemoveTemporary(folder); err != nil {
		return err
	}
	file, err := os.Open(filepath.Join(folder, spoolFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	} else if err != nil {
		return err
	}
	defer file.Close()
	q.mu.Lock()
	q.spooled = true
	q.mu.Unlock()
	lines := bufio.NewReader(io.LimitReader(file, 2*maxQueue))
	for n := 1; ; n++ {
		text, err := lines.ReadBytes('\n')
		if errors.Is(err, io.EOF) && len(text) == 0 {
			return nil
		}
		var s spooled
		if err == nil {
			err = json.Unmarshal(text, &s)
		}
		if err != nil {
			return fmt.Errorf("%s:%d: %w", file.Name(), n, err)
		}
		q.put(record{s.Kind, s.ID, s.Record})
	}
}
