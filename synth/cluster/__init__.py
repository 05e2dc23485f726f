"""Clusters: tasks on other machines, by engines that exist; what their workers have to be, and how each is asked."""
