package cli

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"moonlark/engine/fleet/bundle"
	"moonlark/engine/fleet/center"
	"moonlark/engine/fleet/message"
	"moonlark/engine/safetext"
)

type fleetPublishCommand struct {
	Bundle string `arg:"" help:"The bundle, which must be signed."`

	To     string        `required:"" placeholder:"TARGET" help:"Group or device that gets the bundle, or all. Write group:NAME or device:NAME for one that has not been heard of yet."`
	First  []string      `placeholder:"NAME,..." help:"Devices, or groups of devices, that get the bundle before the first wave."`
	Waves  []share       `xor:"waves" placeholder:"PERCENT,..." help:"How many of the devices have the bundle after each wave (5%,25%,100%)."`
	AtOnce bool          `xor:"waves" help:"All devices get the bundle at once."`
	Hold   time.Duration `default:"30m" placeholder:"TIME" help:"How long each wave lasts at least (${default})."`
	StopAt share         `default:"3%" placeholder:"PERCENT" help:"Take the bundle back when it fails on more than this part of the devices, and on at least two (${default})."`

	Window  string `placeholder:"FROM-TO" help:"Devices switch to the bundle at this time of the day only, such as 02:00-04:30."`
	Force   bool   `help:"Devices do not wait for the end of the conversation, nor for --window."`
	Older   bool   `help:"The version may be lower than that of the bundle that the devices run now."`
	Replace bool   `help:"End a rollout in progress."`

	Trust  []string `sep:"none" placeholder:"FILE" help:"Public key that must have signed the bundle. Repeat the flag for more keys: a signature by one of them is enough."`
	DryRun bool     `help:"Only show which devices get the bundle in which wave."`
	Follow bool     `help:"Go on with the rollout, and show how it fares, until it has ended."`

	operatorFlags `embed:""`
}

// defaultWaves are those without --waves and --at-once.
var defaultWaves = []share{500, 2500, message.Shares}

// A share is a part of all devices, of 10,000. On the command line it is a percentage, such as 2.5%.
type share int

// UnmarshalText reads a percentage.
func (s *share) UnmarshalText(text []byte) error {
	number, _ := strings.CutSuffix(string(text), "%")
	percent, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
	if err != nil || !(percent > 0 && percent <= 100) {
		return fmt.Errorf("%.20q is not a percentage, such as 5%%", text)
	}
	*s = share(max(1, math.Round(percent*100)))
	return nil
}

// Run publishes the bundle, or shows what would happen.
func (c *fleetPublishCommand) Run(ctx context.Context, con *console) error {
	plan, err := c.plan()
	if err != nil {
		return &usageError{err}
	}
	b, err := bundle.Open(c.Bundle)
	if err != nil {
		return err
	}
	defer b.Close()
	hub, closeHub, err := c.dial(ctx, con)
	if err != nil {
		return err
	}
	defer closeHub()
	p, err := center.Publish(ctx, hub, b, plan)
	var busy *center.BusyError
	if errors.As(err, &busy) {
		return fmt.Errorf("%w: --replace ends that", err)
	} else if err != nil {
		return err
	}
	for _, warning := range p.Warnings {
		fmt.Fprintf(con.stderr, "moonlark: warning: %s\n", safetext.Line(warning))
	}
	c.show(con, p)
	if c.DryRun || p.Direct {
		return nil
	}
	if !c.Follow {
		fmt.Fprintf(con.stdout, "moonlark fleet resume %s --follow goes on with the rollout, as moonlark fleet serve does\n", c.To)
		return nil
	}
	return followRollout(ctx, con, hub, p.Key, c.To)
}

// plan returns the plan that the flags describe.
func (c *fleetPublishCommand) plan() (center.Plan, error) {
	plan := center.Plan{
		To: c.To, First: c.First, AtOnce: c.AtOnce, Hold: c.Hold, StopAt: int(c.StopAt), Force: c.Force,
		Older: c.Older, Replace: c.Replace, By: operator(), DryRun: c.DryRun,
	}
	waves := c.Waves
	if len(waves) == 0 && !c.AtOnce {
		waves = defaultWaves
	}
	for _, s := range waves {
		plan.Waves = append(plan.Waves, int(s))
	}
	if c.Window != "" {
		from, to, _ := strings.Cut(c.Window, "-")
		plan.Window = &message.Window{From: from, To: to}
		if _, err := (message.Wish{Window: plan.Window}).Encode(); err != nil {
			return plan, fmt.Errorf("--window: %w", err)
		}
	}
	if len(c.Trust) > 0 {
		keys, err := (&bundleVerifyCommand{Trust: c.Trust, Threshold: 1}).keys()
		if err != nil {
			return plan, err
		}
		plan.Keys = &keys
	}
	return plan, nil
}

// show prints the waves. A dry run has the names of the devices.
func (c *fleetPublishCommand) show(con *console, p center.Publication) {
	change := p.Bundle
	if p.From != "" {
		change = p.From + " → " + change
	}
	fmt.Fprintf(con.stdout, "%s for %s\n", change, c.To)
	number := 0
	for _, wave := range p.Waves {
		name := "the first devices"
		if wave.Share > 0 {
			number++
			name = fmt.Sprintf("wave %d, %g %%", number, float64(wave.Share)/100)
		}
		fmt.Fprintf(con.stdout, "  %-18s %s\n", name, deviceCount(len(wave.Devices)))
		if c.DryRun {
			var names []string
			for _, device := range wave.Devices {
				names = append(names, safetext.Line(device))
			}
			writeWords(con.stdout, names)
		}
	}
}

// followRollout goes on with a rollout until it has ended, and prints how it fares. target is what the user
// calls the devices.
func followRollout(ctx context.Context, con *console, hub center.Hub, key, target string) error {
	ended, err := center.Follow(ctx, hub, key, func(text string) { fmt.Fprint(con.stdout, text) })
	if err != nil && ctx.Err() != nil {
		fmt.Fprintf(con.stderr, "the rollout goes on if moonlark fleet serve runs; if not, moonlark fleet resume %[1]s --follow goes on with it. moonlark fleet pause %[1]s stops it\n", target)
		return &shownError{err}
	} else if err != nil {
		return err
	}
	fmt.Fprint(con.stdout, ended.Text())
	if ended.Result != center.Done {
		return &shownError{errors.New(ended.Result)}
	}
	return nil
}

// deviceCount returns "1 device" or "2 devices".
func deviceCount(n int) string {
	if n == 1 {
		return "1 device"
	}
	return fmt.Sprintf("%d devices", n)
}
