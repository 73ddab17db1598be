-- The top level sleeps for longer than a script may take to load.
--> refused load_sleep.lua:3: the top level took longer than 5s to load
sleep(3600)
