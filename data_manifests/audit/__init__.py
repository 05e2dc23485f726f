"""What is wrong with a folder of pictures: names, structure, contents, a renaming."""
