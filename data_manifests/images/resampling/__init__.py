"""Resampling of pictures: cropped, resized, turned and blurred; in whole numbers where the bytes count."""
