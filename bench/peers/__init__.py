"""Other programs that find falls, made to print the lines that `kangban score falls --detector` reads."""
