"""A scene and a camera become a picture: rays, light, materials, shapes."""
