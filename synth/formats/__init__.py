"""Forms that files and labels have whatever they are of: zip records, HDF5, polygons of masks, licences."""
