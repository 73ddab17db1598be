package nats

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"moonlark/engine/fleet/bundle"
	"moonlark/engine/fleet/center"
	"moonlark/engine/fleet/follow"
	"moonlark/engine/fleet/message"
)

// parallelChunks is how many chunks of a file are stored at a time.
const parallelChunks = 4

// value returns the newest value under a key of the bucket of wishes, or nil and revision 0.
func (c *Center) value(ctx context.Context, key string) ([]byte, uint64, error) {
	if !wishKey.MatchString(key) {
		return nil, 0, fmt.Errorf("there is no key %.100q", key)
	}
	if _, err := c.conn(ctx); err != nil {
		return nil, 0, err
	}
	m, revision, err := c.link.last(ctx, wishStream, wishPrefix+key, maxMessage)
	switch {
	case errors.Is(err, follow.ErrNone), err == nil && isDeletion(m.Header):
		return nil, 0, nil
	case err != nil:
		return nil, 0, err
	}
	return m.Data, revision, nil
}

// Wish returns the wish under a key: see center.Hub.
func (c *Center) Wish(ctx context.Context, key string) (message.Wish, uint64, error) {
	text, revision, err := c.value(ctx, key)
	if err != nil || revision == 0 {
		return message.Wish{}, 0, wrap(err, "wish %s", key)
	}
	w, err := message.ParseWish(text)
	return w, revision, wrap(err, "wish %s", key)
}

// wrap puts a prefix before the text of an error, if there is one.
func wrap(err error, format string, args ...any) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", fmt.Sprintf(format, args...), err)
}

// Wishes returns all wishes by key. It leaves out the sets of keys.
func (c *Center) Wishes(ctx context.Context) (map[string]message.Wish, error) {
	wishes := map[string]message.Wish{}
	var wrong error
	err := c.replay(ctx, replay{stream: wishStream, last: true}, func(m stored) {
		key := strings.TrimPrefix(m.subject, wishPrefix)
		if isDeletion(m.header) || strings.HasPrefix(key, "keys.") {
			return
		}
		w, err := message.ParseWish(m.data)
		if err != nil {
			wrong = errors.Join(wrong, fmt.Errorf("%.100s: %w", key, err))
		}
		wishes[key] = w
	})
	if err = errors.Join(err, wrong); err != nil {
		return nil, fmt.Errorf("wishes: %w", err)
	}
	return wishes, nil
}

// History returns the wishes that have been under a key, the newest first: see center.Hub. It leaves out
// those that cannot be read.
func (c *Center) History(ctx context.Context, key string) ([]message.Wish, error) {
	if !wishKey.MatchString(key) {
		return nil, fmt.Errorf("history: there is no key %.100q", key)
	}
	var wishes []message.Wish
	err := c.replay(ctx, replay{stream: wishStream, subject: wishPrefix + key}, func(m stored) {
		if w, err := message.ParseWish(m.data); err == nil {
			wishes = append(wishes, w)
		}
	})
	if err != nil {
		return nil, fmt.Errorf("history of %s: %w", key, err)
	}
	slices.Reverse(wishes)
	return wishes, nil
}

// SetWish writes a wish if nobody else has changed it: see center.Hub.
func (c *Center) SetWish(ctx context.Context, key string, w message.Wish, revision uint64) error {
	text, err := w.Encode()
	if err == nil {
		err = c.setValue(ctx, key, text, revision)
	}
	return wrap(err, "wish %s", key)
}

// Keys returns the newest set of keys: see center.Hub. It does not verify who has signed the set.
func (c *Center) Keys(ctx context.Context) (*bundle.KeySet, error) {
	var newest int64
	var text []byte
	err := c.replay(ctx, replay{stream: wishStream, subject: wishPrefix + "keys.*", last: true}, func(m stored) {
		number, err := strconv.ParseInt(strings.TrimPrefix(m.subject, wishPrefix+"keys."), 10, 64)
		if err == nil && number > newest && !isDeletion(m.header) {
			newest, text = number, m.data
		}
	})
	if err != nil || newest == 0 {
		return nil, wrap(err, "keys")
	}
	set, err := parseKeySet(text, newest, c.creds.fleet)
	return set, wrap(err, "keys %d", newest)
}

// parseKeySet reads the value under the key of a set of keys.
func parseKeySet(text []byte, number int64, fleet string) (*bundle.KeySet, error) {
	var s message.Signed
	if err := json.Unmarshal(text, &s); err != nil {
		return nil, err
	}
	set, err := bundle.ParseKeySet(s.Text)
	if err == nil && (set.Number != number || set.Fleet != fleet) {
		err = fmt.Errorf("the hub has the set %d of the fleet %q there", set.Number, set.Fleet)
	}
	if err != nil {
		return nil, err
	}
	return set, nil
}

// SetKeySet writes the set of keys with this number, unless the hub has it. It reports whether the hub had another
// set with the number, which devices do not believe. The error wraps center.ErrChanged if somebody else writes it
// at the same time.
func (c *Center) SetKeySet(ctx context.Context, number int64, s message.Signed) (replaced bool, err error) {
	text, err := json.Marshal(s)
	if err == nil && len(text) > message.MaxWish {
		err = fmt.Errorf("%d bytes are more than the %d allowed", len(text), message.MaxWish)
	}
	var old []byte
	var revision uint64
	if err == nil {
		old, revision, err = c.value(ctx, message.KeySet(number))
	}
	if err == nil && (revision == 0 || !bytes.Equal(old, text)) {
		replaced = revision != 0
		err = c.setValue(ctx, message.KeySet(number), text, revision)
	}
	return replaced, wrap(err, "keys %d", number)
}

// setValue writes the value under a key if its revision is the given one; 0 means that there must be none.
func (c *Center) setValue(ctx context.Context, key string, text []byte, revision uint64) error {
	if !wishKey.MatchString(key) {
		return fmt.Errorf("there is no key %.100q", key)
	}
	js, err := c.jetStream(ctx)
	if err != nil {
		return err
	}
	if revision == 0 { // after a deletion, the revision is that of the deletion
		m, sequence, err := c.link.last(ctx, wishStream, wishPrefix+key, maxMessage)
		switch {
		case errors.Is(err, follow.ErrNone):
		case err != nil:
			return err
		case isDeletion(m.Header):
			revision = sequence
		default:
			return center.ErrChanged
		}
	}
	m := nats.NewMsg(wishPut + key)
	m.Data = text
	_, err = js.PublishMsg(ctx, m, jetstream.WithExpectLastSequencePerSubject(revision))
	var refusal *jetstream.APIError
	if errors.As(err, &refusal) && (refusal.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequence || refusal.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequenceConstant) {
		return center.ErrChanged
	}
	return err
}

// PutFile stores a file in chunks: see center.Hub. A file without content has no chunks.
func (c *Center) PutFile(ctx context.Context, digest string, content []byte) error {
	if sum := sha256.Sum256(content); hex.EncodeToString(sum[:]) != digest {
		return fmt.Errorf("file %.80s: the content has another SHA-256", digest)
	}
	js, err := c.jetStream(ctx)
	if err != nil {
		return fmt.Errorf("file %s: %w", digest, err)
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var wg sync.WaitGroup
	free := make(chan struct{}, parallelChunks)
	n := 0
	for chunk := range slices.Chunk(content, message.ChunkSize) {
		subject := chunkSubject(digest, n)
		n++
		free <- struct{}{}
		if ctx.Err() != nil {
			break
		}
		wg.Go(func() {
			defer func() { <-free }()
			if err := c.putChunk(ctx, js, subject, chunk); err != nil {
				cancel(fmt.Errorf("chunk %s: %w", subject[strings.LastIndexByte(subject, '.')+1:], err))
			}
		})
	}
	wg.Wait()
	return wrap(context.Cause(ctx), "file %s", digest)
}

// putChunk stores a chunk, unless the hub has it. Chunks cannot be replaced.
func (c *Center) putChunk(ctx context.Context, js jetstream.JetStream, subject string, chunk []byte) error {
	m, _, err := c.link.last(ctx, blobStream, subject, maxMessage)
	switch {
	case errors.Is(err, follow.ErrNone):
	case err != nil:
		return err
	case !bytes.Equal(m.Data, chunk):
		return errors.New("the hub has another content, which cannot be replaced")
	default:
		return nil
	}
	if _, err = js.Publish(ctx, blobPut+strings.TrimPrefix(subject, blobPrefix), chunk); err == nil {
		return nil
	}
	// Somebody else may have stored it in the meantime.
	if m, _, again := c.link.last(ctx, blobStream, subject, maxMessage); again == nil && bytes.Equal(m.Data, chunk) {
		return nil
	}
	return err
}
