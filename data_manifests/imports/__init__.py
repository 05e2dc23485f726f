"""What of a foreign folder or a COCO file is a sample, and what belongs to it. Decides; decodes no picture."""
