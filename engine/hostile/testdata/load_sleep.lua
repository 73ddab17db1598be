-- The top level waits for ever, or for longer than it may take to load.
--> refused load_sleep.lua:3: the top level took longer than 5s to load
sleep(3600)
