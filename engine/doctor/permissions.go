package doctor

// checkPermissions reports the data folder of each script, the permissions that scripts need and do
// not have, and those that no script needs.
func (c *checker) checkPermissions() {
	const group = "permissions"
	for _, s := range c.Scripts {
		for _, missing := range s.Missing {
			c.warn(group, s.Name, "needs "+missing, "start with this flag, or add it to moonlark.toml")
		}
		if s.DataFolder != "" {
			c.ok(group, s.Name, "keeps its data in "+s.DataFolder)
		}
	}
	for _, grant := range c.UnusedGrants {
		c.warn(group, "", "no script seems to need "+grant, "leave it out")
	}
}
