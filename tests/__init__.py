"""Each test states a sentence about the business."""
