"""The objects that scenes are furnished with: furniture, decoration, lamps, plants, cars, buildings."""
