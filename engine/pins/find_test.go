package pins_test

import (
	"fmt"
	"slices"
	"testing"

	"moonlark/engine/pins"
)

// chip returns a chip with n lines. names are the names of its first lines.
func chip(name, label string, n int, names ...string) pins.Chip {
	c := pins.Chip{Name: name, Label: label}
	for i := range n {
		l := pins.Line{Offset: i}
		if i < len(names) {
			l.Name = names[i]
		}
		c.Lines = append(c.Lines, l)
	}
	return c
}

// gpioNames are GPIO0 to GPIO27.
func gpioNames() (names []string) {
	for i := range 28 {
		names = append(names, fmt.Sprint("GPIO", i))
	}
	return names
}

// The lines of the header are found on boards of which each has its chips in another order.
func TestTheChipOfTheHeaderIsFound(t *testing.T) {
	brcm := chip("gpiochip0", "gpio-brcmstb@107d508500", 32)
	expander := chip("gpiochip1", "raspberrypi-exp-gpio", 8)
	for name, chips := range map[string][]pins.Chip{
		"a Raspberry Pi 5 before Linux 6.6.45": {brcm, chip("gpiochip4", "pinctrl-rp1", 54, gpioNames()...)},
		"a Raspberry Pi 5":                     {chip("gpiochip0", "pinctrl-rp1", 54, gpioNames()...), chip("gpiochip10", "gpio-brcmstb@107d508500", 32)},
		"a Raspberry Pi 4":                     {chip("gpiochip0", "pinctrl-bcm2711", 58, gpioNames()...), expander},
		"an unknown label":                     {expander, chip("gpiochip2", "new-chip", 4), chip("gpiochip3", "pinctrl-new", 30, gpioNames()...), chip("gpiochip4", "big", 200)},
		"no names":                             {chip("gpiochip0", "small", 4), chip("gpiochip1", "big", 28)},
	} {
		c, l, err := pins.Find(chips, pins.Name{Offset: 17})
		if err != nil || l.Offset != 17 || len(c.Lines) < 28 || c.Label == "big" && len(c.Lines) == 200 {
			t.Errorf("%s: got line %d of %s, %v", name, l.Offset, c.Label, err)
		}
	}
}

func TestNamesAndChips(t *testing.T) {
	chips := []pins.Chip{
		chip("gpiochip0", "expander", 8, "RELAY", "GPIO17"),
		chip("gpiochip1", "pinctrl-bcm2835", 54, gpioNames()...),
	}
	for _, row := range []struct {
		name pins.Name
		want string
	}{
		{pins.Name{Line: "RELAY"}, "gpiochip0 0"},
		{pins.Name{Line: "GPIO17"}, "gpiochip1 17"}, // the header comes first
		{pins.Name{Line: "GPIO17", Chip: "expander"}, "gpiochip0 1"},
		{pins.Name{Offset: 3, Chip: "gpiochip0"}, "gpiochip0 3"},
		{pins.Name{Offset: 3, Chip: "/dev/gpiochip0"}, "gpiochip0 3"},
		{pins.Name{Offset: 3}, "gpiochip1 3"},
		{pins.Name{Offset: 54}, "not_found: gpiochip1 has no line 54: it has the lines 0 to 53"},
		{pins.Name{Line: "x"}, "not_found: no GPIO line has the name x"},
		{pins.Name{Chip: "x"}, "not_found: there is no GPIO chip x: there are gpiochip0 (expander), gpiochip1 (pinctrl-bcm2835)"},
	} {
		c, l, err := pins.Find(chips, row.name)
		got := fmt.Sprint(c.Name, " ", l.Offset)
		if err != nil {
			got = err.Error()
		}
		if got != row.want {
			t.Errorf("%s: got %s, want %s", row.name, got, row.want)
		}
	}
	if _, _, err := pins.Find(nil, pins.Name{}); err == nil || err.Error() != "not_found: this machine has no GPIO chip" {
		t.Errorf("without chips: %v", err)
	}
}

// The number of a line grants only the line of the header's chip.
func TestTheNamesOfAGrant(t *testing.T) {
	chips := []pins.Chip{chip("gpiochip0", "expander", 8, "RELAY"), chip("gpiochip1", "pinctrl-bcm2835", 54, gpioNames()...)}
	for _, row := range []struct {
		name pins.Name
		want []string
	}{
		{pins.Name{Offset: 2}, []string{"2", "GPIO2", "2", "gpiochip1:2", "pinctrl-bcm2835:2"}},
		{pins.Name{Line: "RELAY"}, []string{"RELAY", "RELAY", "gpiochip0:0", "expander:0"}},
		{pins.Name{Chip: "expander", Offset: 2}, []string{"expander:2", "gpiochip0:2", "expander:2"}},
	} {
		c, l, err := pins.Find(chips, row.name)
		if err != nil {
			t.Fatal(err)
		}
		if got := pins.GrantNames(row.name, chips, c, l); !slices.Equal(got, row.want) {
			t.Errorf("%s: got %q, want %q", row.name, got, row.want)
		}
	}
}
