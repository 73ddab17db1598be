package doctor

import "strings"

// checkScripts reports the tools and events of each script that loads, and the error of a script
// that does not load.
func (c *checker) checkScripts() {
	const group = "scripts"
	for _, s := range c.Scripts {
		text := plural(len(s.Tools), "tool")
		if len(s.Events) > 0 {
			text += ", handles " + strings.Join(s.Events, ", ")
		}
		c.ok(group, s.Name, text)
	}
	switch {
	case c.LoadError != nil:
		c.fail(group, "", c.LoadError.Error(), c.LoadHint)
	case len(c.Scripts) == 0:
		c.skip(group, "", "no script was given", "moonlark doctor SCRIPT...")
	}
}
