package center

import (
	"context"
	"fmt"
	"strings"

	"moonlark/engine/fleet/bundle"
	"moonlark/engine/fleet/message"
)

// checkKeys returns an error unless the newest keys that the hub has for the devices have signed the bundle.
// Devices take these keys before they look at a bundle, and refuse one that only older keys have signed. If
// the hub has no keys, checkKeys returns nil: it is then not known here which keys the devices trust.
func checkKeys(ctx context.Context, hub Hub, b *bundle.Bundle) error {
	set, err := hub.Keys(ctx)
	if err != nil || set == nil {
		return err
	}
	trusted, err := set.Trusted()
	if err != nil {
		return err
	}
	if err := b.Verify(trusted); err != nil {
		return fmt.Errorf("all devices would refuse %s: they trust the keys %d of the fleet, of which %d must sign (%s): %w",
			b.Manifest.Name(), set.Number, set.Threshold, strings.Join(keyIDs(set), ", "), err)
	}
	return nil
}

// keyIDs returns the IDs of the keys of a set.
func keyIDs(set *bundle.KeySet) (ids []string) {
	for _, text := range set.Keys {
		if key, err := bundle.ParsePublicKey(text); err == nil {
			ids = append(ids, bundle.KeyID(key.ID()))
		}
	}
	return ids
}

// keyWarnings warns if devices refuse an earlier bundle because the keys have changed since. Devices that
// run it go on with it.
func keyWarnings(ctx context.Context, hub Hub, to *message.Signed) ([]string, error) {
	b, err := bundle.New(to.Text, to.Signatures)
	if err != nil {
		return nil, nil // floorWarnings says that it cannot be read
	}
	set, err := hub.Keys(ctx)
	if err != nil || set == nil {
		return nil, err
	}
	trusted, err := set.Trusted()
	if err != nil {
		return nil, err
	}
	if b.Verify(trusted) == nil {
		return nil, nil
	}
	return []string{fmt.Sprintf("the keys have changed since %s was signed: devices that do not run it now refuse it. Sign its file with the new keys, and name the file", b.Manifest.Name())}, nil
}
