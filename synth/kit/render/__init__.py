"""Renderer: a scene and a camera give an image, by rays, light, materials and meshes."""
