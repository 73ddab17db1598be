-- Functions that a script does not have say what to use instead.
os.execute("ls -l")                         --> os.execute: scripts have no shell: use exec.run{"ls", "-l"}, which runs a program
os.exit(1)                                  --> os.exit: a script cannot end the program: use return, or session.stop() to end the conversation
io.popen("ls -l")                           --> io.popen: scripts have no shell: use exec.run{"ls", "-l"}.stdout, or exec.start and process:lines()
