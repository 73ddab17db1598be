package cli

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"

	"moonlark/engine/fleet/identity"
	"moonlark/engine/safetext"
)

type fleetInviteCommand struct {
	fleetFolderFlag `embed:""`
	Name            string        `placeholder:"NAME" help:"Name of the device. Without it, the device names itself."`
	Group           []string      `placeholder:"NAME" help:"Group that the device will belong to. Repeat the flag for more groups, the most important one first."`
	Approve         bool          `help:"Let the device in only after moonlark fleet approve."`
	Valid           time.Duration `default:"24h" placeholder:"TIME" help:"How long the invitation is valid (${default})."`
	Hub             string        `placeholder:"URL" help:"Address of the hub. The default is that of moonlark fleet serve."`
}

// Run prints the command with which one device joins the fleet.
func (c *fleetInviteCommand) Run(con *console) error {
	folder, err := c.open()
	if err != nil {
		return err
	}
	line, err := c.line(folder)
	if err != nil {
		return err
	}
	fmt.Fprintln(con.stdout, line)
	return nil
}

// line returns the command for the device.
func (c *fleetInviteCommand) line(folder *identity.Folder) (string, error) {
	url, ca, err := c.hub()
	if errors.Is(err, fs.ErrNotExist) && c.Hub == "" {
		return "", errors.New("the fleet has no hub yet: start moonlark fleet serve, or name the hub with --hub")
	} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	url = cmp.Or(c.Hub, url) // both are addresses of the same hub, which has one authority
	if strings.HasPrefix(url, "nats://") {
		ca = ""
	}
	token, err := folder.Invite(identity.Invitation{Name: c.Name, Groups: c.Group, Approve: c.Approve, Valid: c.Valid, Hub: url, CA: ca})
	if err != nil {
		return "", err
	}
	name := ""
	if c.Name == "" {
		name = " --name NAME"
	}
	return "moonlark fleet join" + name + " " + token, nil
}

type fleetMembersCommand struct {
	fleetFolderFlag `embed:""`
}

// Run lists who has credentials, and who waits for approval.
func (c *fleetMembersCommand) Run(con *console) error {
	folder, err := c.open()
	if err != nil {
		return err
	}
	members, err := folder.Devices()
	if err != nil {
		return err
	}
	waiting, err := folder.Waiting()
	if err != nil {
		return err
	}
	const date = "2006-01-02"
	for _, m := range members {
		note := "since " + m.Issued.Format(date)
		if !m.Revoked.IsZero() {
			note = "revoked on " + m.Revoked.Format(date)
		}
		fmt.Fprintf(con.stdout, "%-20s  %-8s  %-20s  %s\n", m.Name, m.Role, groupList(m.Groups), note)
	}
	for _, w := range waiting {
		fmt.Fprintf(con.stdout, "%-20s  %-8s  %-20s  waits for approval since %s, with Moonlark %s\n",
			w.Name, identity.Device, groupList(w.Groups), w.Since.Format(time.RFC3339), safetext.Line(w.Moonlark))
	}
	if len(members)+len(waiting) == 0 {
		fmt.Fprintln(con.stdout, "nobody has joined the fleet yet: moonlark fleet invite")
	}
	return nil
}

func groupList(groups []string) string { return cmp.Or(strings.Join(groups, ","), "-") }

type fleetApproveCommand struct {
	fleetFolderFlag `embed:""`
	Name            string `arg:"" help:"Name of the device, as moonlark fleet members shows it."`
}

// Run lets in a device that waits for approval.
func (c *fleetApproveCommand) Run(con *console) error {
	folder, err := c.open()
	if err != nil {
		return err
	}
	if err := folder.Approve(c.Name); err != nil {
		return err
	}
	fmt.Fprintf(con.stdout, "%s may join the fleet\n", c.Name)
	return nil
}

type fleetRevokeCommand struct {
	fleetFolderFlag `embed:""`
	Name            string `arg:"" help:"Name of the device, worker, host or operator."`
}

// Run makes the credentials of a member invalid.
func (c *fleetRevokeCommand) Run(con *console) error {
	folder, err := c.open()
	if err != nil {
		return err
	}
	if err := folder.Revoke(c.Name); err != nil {
		return err
	}
	fmt.Fprintf(con.stdout, "the credentials of %s are revoked: moonlark fleet serve ends its connection\n", c.Name)
	return nil
}
