print("brainkit")
