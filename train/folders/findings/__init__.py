"""What is wrong with a folder of images and masks, or worth a note: its pictures, its split, what has no partner."""
