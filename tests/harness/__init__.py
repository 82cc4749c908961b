"""What the Python tests share: private servers, our programs as children, and independent recounts."""
