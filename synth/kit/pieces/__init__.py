"""What stands in scenes: furniture, decoration, plants, cars, fronts of buildings."""
